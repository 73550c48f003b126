//! How words and levels are kept in columns: words as text, levels as small integers that sort.

use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, StringLen, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, DbErr, QueryResult, TryGetError, TryGetable, Value};

use crate::cadence::CadenceKind;
use crate::cadence_run::RunState;
use crate::level::Level;
use crate::lifecycle::{Resolution, State, Treatment};
use crate::tier::Tier;

macro_rules! column {
    ($($name:ty: $stored:ty, $array:expr, $column:expr, $store:expr, $read:expr;)+) => {
        $(
            impl From<$name> for Value {
                fn from(value: $name) -> Self {
                    let store: fn($name) -> $stored = $store;
                    store(value).into()
                }
            }

            impl TryGetable for $name {
                fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
                    let read: fn($stored) -> Option<$name> = $read;
                    let stored = <$stored>::try_get_by(row, index)?;
                    let text = format!("{stored:?} is no {}", stringify!($name));
                    read(stored).ok_or_else(|| TryGetError::DbErr(DbErr::Type(text)))
                }
            }

            impl ValueType for $name {
                fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                    let read: fn($stored) -> Option<$name> = $read;
                    <$stored as ValueType>::try_from(value).and_then(|stored| read(stored).ok_or(ValueTypeErr))
                }

                fn type_name() -> String {
                    stringify!($name).to_owned()
                }

                fn array_type() -> ArrayType {
                    $array
                }

                fn column_type() -> ColumnType {
                    $column
                }
            }

            impl Nullable for $name {
                fn null() -> Value {
                    <$stored as Nullable>::null()
                }
            }
        )+
    };
}

column! {
    State: String, ArrayType::String, ColumnType::String(StringLen::None),
        |state| state.as_str().to_owned(), |text| text.parse().ok();
    Resolution: String, ArrayType::String, ColumnType::String(StringLen::None),
        |resolution| resolution.as_str().to_owned(), |text| text.parse().ok();
    Treatment: String, ArrayType::String, ColumnType::String(StringLen::None),
        |treatment| treatment.as_str().to_owned(), |text| text.parse().ok();
    RunState: String, ArrayType::String, ColumnType::String(StringLen::None),
        |state| state.as_str().to_owned(), |text| text.parse().ok();
    CadenceKind: String, ArrayType::String, ColumnType::String(StringLen::None),
        |kind| kind.as_str().to_owned(), |text| text.parse().ok();
    Level: i16, ArrayType::SmallInt, ColumnType::SmallInteger,
        |level| level.as_i16(), |number| <Level as TryFrom<i16>>::try_from(number).ok();
    Tier: i16, ArrayType::SmallInt, ColumnType::SmallInteger,
        |tier| tier.as_i16(), |number| <Tier as TryFrom<i16>>::try_from(number).ok();
}
