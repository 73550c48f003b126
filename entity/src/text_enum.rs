//! Enums that are stored, sent and shown as one word of text each.

use std::fmt;

/// A word that names no member of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// What was looked for, such as `state`.
    pub kind: &'static str,
    /// The word as it came.
    pub word: String,
    /// Every word that would have been understood.
    pub known: Vec<&'static str>,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\" is no {}: use one of {}", self.word, self.kind, self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

/// Declares an enum with one word of text for each member: `as_str`, `FromStr`, `Display`, serde and `ALL`
/// then agree by construction.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident ($kind:literal) {
        $($(#[$member_meta:meta])* $member:ident = $text:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        $visibility enum $name {
            $($(#[$member_meta])* #[serde(rename = $text)] $member,)+
        }

        impl $name {
            /// Every member, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$member,)+];

            /// The word that is stored and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$member => $text,)+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::text_enum::UnknownWord;

            fn from_str(word: &str) -> ::std::result::Result<Self, Self::Err> {
                match word {
                    $($text => Ok($name::$member),)+
                    _ => Err($crate::text_enum::UnknownWord {
                        kind: $kind,
                        word: word.to_owned(),
                        known: $name::ALL.iter().map(|member| member.as_str()).collect(),
                    }),
                }
            }
        }
    };
}
