//! Hands a kept file out, as an attachment and never as something that a browser would show or run.

use abate_entity::stored_file;
use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, Charset, ContentDisposition,
    DispositionParam, DispositionType, ETAG, ExtendedValue, X_CONTENT_TYPE_OPTIONS,
};

use super::read;
use crate::state::AppState;

/// The answer that carries the file. Whatever it is, it goes out as plain bytes to be saved.
pub fn attachment(state: &AppState, file: stored_file::Model) -> HttpResponse {
    let name = DispositionParam::FilenameExt(ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: file.name.clone().into_bytes(),
    });
    let saved = ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![name] };
    HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CONTENT_DISPOSITION, saved))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header((ETAG, format!("\"{}\"", file.sha256)))
        .no_chunking(u64::try_from(file.size).unwrap_or_default())
        .streaming(read::parts(state.clone(), file))
}
