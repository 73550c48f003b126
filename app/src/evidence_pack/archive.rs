//! Puts the files of a pack into one zip whose bytes depend on theirs alone: in the order of their names, with one time for
//! all.

use std::io::{self, BufWriter, Seek as _};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::part::Part;

/// How hard it is packed; part of what makes the bytes.
const LEVEL: i64 = 6;
/// Readable for all.
const MODE: u32 = 0o644;
/// From here on a file needs the larger form of its lengths.
const LARGE: u64 = 0xF000_0000;

/// A zip, with digest and length.
pub(super) struct Zip {
    pub(super) file: NamedTempFile,
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

/// Writes the zip.
pub(super) fn write(mut parts: Vec<Part>) -> io::Result<Zip> {
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    let mut zip = ZipWriter::new(BufWriter::new(NamedTempFile::new()?));
    for part in &mut parts {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(DateTime::default())
            .unix_permissions(MODE)
            .large_file(part.bytes >= LARGE);
        zip.start_file(part.name.as_str(), options)?;
        io::copy(&mut part.file, &mut zip)?;
    }
    let mut file = zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    let mut hasher = Sha256::new();
    let bytes = io::copy(&mut file, &mut hasher)?;
    file.rewind()?;
    Ok(Zip { file, sha256: hex::encode(hasher.finalize()), bytes })
}
