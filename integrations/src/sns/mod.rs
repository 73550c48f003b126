//! Amazon SNS: what it sends to an address, and whether it is really from Amazon.
//!
//! Pure: whoever calls fetches the certificate, from an address that [`SnsMessage::certificate`] has judged.

use chrono::{DateTime, Utc};
use ring::signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use serde::Deserialize;
use url::Url;

/// A message of SNS.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SnsMessage {
    /// `Notification`, `SubscriptionConfirmation` or `UnsubscribeConfirmation`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Its unique name.
    pub message_id: String,
    /// The topic that it was sent to.
    pub topic_arn: String,
    /// What it says.
    pub message: String,
    /// When it was sent.
    pub timestamp: String,
    signature: String,
    #[serde(default)]
    signature_version: String,
    #[serde(rename = "SigningCertURL", alias = "SigningCertUrl")]
    signing_cert_url: String,
    #[serde(rename = "SubscribeURL", alias = "SubscribeUrl")]
    subscribe_url: Option<String>,
    subject: Option<String>,
    token: Option<String>,
}

/// Why a message is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnsError {
    /// It is not what SNS sends.
    #[error("this is no message of Amazon SNS")]
    Malformed,
    /// An address in it is not one of Amazon's.
    #[error("an address in the message is not one of Amazon's")]
    ForeignAddress,
    /// What came from there is no certificate.
    #[error("the certificate cannot be read")]
    Certificate,
    /// It was not signed by the owner of the certificate.
    #[error("the signature does not match")]
    Signature,
    /// It was sent too long ago, or in the future.
    #[error("the message is too old, or the clocks disagree")]
    Time,
}

/// How old a message may be; SNS repeats for an hour.
const OLDEST: chrono::TimeDelta = chrono::TimeDelta::hours(1);
/// How far ahead its clock may be.
const AHEAD: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

impl SnsMessage {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is not what SNS sends.
    pub fn parse(body: &[u8]) -> Result<Self, SnsError> {
        serde_json::from_slice(body).map_err(|_| SnsError::Malformed)
    }

    /// Looks whether it was sent lately.
    ///
    /// # Errors
    /// When it was not.
    pub fn check_time(&self, now: DateTime<Utc>) -> Result<(), SnsError> {
        let sent = DateTime::parse_from_rfc3339(&self.timestamp).map_err(|_| SnsError::Time)?;
        let age = now.signed_duration_since(sent);
        if age <= OLDEST && age >= -AHEAD { Ok(()) } else { Err(SnsError::Time) }
    }

    /// Where its certificate is. `further` are hosts that count as Amazon's, over http too.
    ///
    /// # Errors
    /// When that is not one of Amazon's addresses.
    pub fn certificate(&self, further: &[String]) -> Result<Url, SnsError> {
        let address = judged(&self.signing_cert_url, further)?;
        let name = address.path().strip_prefix("/SimpleNotificationService-");
        let name = name.and_then(|name| name.strip_suffix(".pem")).unwrap_or_default();
        let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // The address is what a certificate is remembered by: it must have one spelling.
        let bare = address.query().is_none() && address.fragment().is_none();
        if named && bare { Ok(address) } else { Err(SnsError::ForeignAddress) }
    }

    /// The address that confirms the subscription.
    ///
    /// # Errors
    /// When that is not one of Amazon's addresses.
    pub fn confirmation(&self, further: &[String]) -> Result<Url, SnsError> {
        judged(self.subscribe_url.as_deref().unwrap_or_default(), further)
    }

    /// Looks whether the owner of the certificate signed the message.
    ///
    /// # Errors
    /// When not, or when the certificate cannot be read.
    pub fn verify(&self, certificate_pem: &[u8]) -> Result<(), SnsError> {
        use base64::Engine as _;
        let der = CertificateDer::from_pem_slice(certificate_pem).map_err(|_| SnsError::Certificate)?;
        let certificate = webpki::EndEntityCert::try_from(&der).map_err(|_| SnsError::Certificate)?;
        let signature = base64::engine::general_purpose::STANDARD
            .decode(self.signature.trim())
            .map_err(|_| SnsError::Signature)?;
        let algorithm = match self.signature_version.as_str() {
            "2" => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
            "1" => &Version1,
            _ => return Err(SnsError::Signature),
        };
        certificate
            .verify_signature(algorithm, self.signed_text().as_bytes(), &signature)
            .map_err(|_| SnsError::Signature)
    }

    /// The text that is signed: fields in the order of their names, each on lines of its own.
    #[must_use]
    pub fn signed_text(&self) -> String {
        let mut fields = vec![("Message", Some(&self.message)), ("MessageId", Some(&self.message_id))];
        if self.kind == "Notification" {
            fields.push(("Subject", self.subject.as_ref()));
        } else {
            fields.push(("SubscribeURL", self.subscribe_url.as_ref()));
        }
        fields.push(("Timestamp", Some(&self.timestamp)));
        if self.kind != "Notification" {
            fields.push(("Token", self.token.as_ref()));
        }
        fields.extend([("TopicArn", Some(&self.topic_arn)), ("Type", Some(&self.kind))]);
        let lines = fields.into_iter().filter_map(|(name, value)| Some(format!("{name}\n{}\n", value?)));
        lines.collect()
    }
}

/// An address, if it is one of Amazon's.
fn judged(text: &str, further: &[String]) -> Result<Url, SnsError> {
    let address: Url = text.parse().map_err(|_| SnsError::ForeignAddress)?;
    let host = address.host_str().unwrap_or_default().to_ascii_lowercase();
    let plain = address.username().is_empty() && address.password().is_none();
    let region = host.strip_prefix("sns.").and_then(|rest| {
        rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
    });
    let amazon = address.scheme() == "https"
        && address.port().is_none()
        && region.is_some_and(|region| {
            !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    let named = matches!(address.scheme(), "http" | "https")
        && further.iter().any(|known| known.eq_ignore_ascii_case(&host));
    if plain && (amazon || named) { Ok(address) } else { Err(SnsError::ForeignAddress) }
}

/// The first version of SNS's signatures: RSA with SHA-1, which topics still use unless told otherwise.
#[derive(Debug)]
struct Version1;

impl SignatureVerificationAlgorithm for Version1 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        ring::signature::UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // sha1WithRSAEncryption, without a parameter.
        AlgorithmIdentifier::from_slice(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_amazon_are_called() {
        for (address, known) in [
            ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem", true),
            ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", true),
            ("http://sns.eu-west-1.amazonaws.com/x.pem", false),
            ("https://sns.eu-west-1.amazonaws.com.evil.example/x.pem", false),
            ("https://evil.example/sns.eu-west-1.amazonaws.com/x.pem", false),
            ("https://sns.eu-west-1.amazonaws.com@evil.example/x.pem", false),
            ("https://user@sns.eu-west-1.amazonaws.com/x.pem", false),
            ("https://sns.eu-west-1.amazonaws.com:8443/x.pem", false),
            ("https://bucket.s3.amazonaws.com/x.pem", false),
            ("https://sns.evil.example.amazonaws.com/x.pem", false),
            ("https://sns.amazonaws.com/x.pem", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(judged(address, &[]).is_ok(), known, "{address}");
        }
        assert!(judged("http://127.0.0.1:9/x.pem", &["127.0.0.1".to_owned()]).is_ok());
    }

    #[test]
    fn a_certificate_is_taken_from_the_address_that_amazon_gives_it_only() {
        for (path, known) in [
            ("SimpleNotificationService-0a1B.pem", true),
            ("SimpleNotificationService-0a1b.pem?x=1", false),
            ("SimpleNotificationService-0a1b.pem#x", false),
            ("SimpleNotificationService-.pem", false),
            ("SimpleNotificationService-a/b.pem", false),
            ("SimpleNotificationService-a%2eb.pem", false),
            ("a/SimpleNotificationService-0a1b.pem", false),
            ("x.pem", false),
        ] {
            let body = serde_json::json!({
                "Type": "Notification", "MessageId": "m-1", "Message": "x", "TopicArn": "t",
                "Timestamp": "2026-03-02T09:00:00.000Z", "Signature": "",
                "SigningCertURL": format!("https://sns.eu-west-1.amazonaws.com/{path}"),
            });
            let message = SnsMessage::parse(body.to_string().as_bytes()).unwrap();
            assert_eq!(message.certificate(&[]).is_ok(), known, "{path}");
        }
    }

    #[test]
    fn what_is_signed_depends_on_the_kind() {
        let body = |kind: &str| {
            format!(
                "{{\"Type\":\"{kind}\",\"MessageId\":\"m\",\"TopicArn\":\"t\",\"Message\":\"x\",\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Signature\":\"\",\"SignatureVersion\":\"1\",\"SigningCertURL\":\"c\",\"SubscribeURL\":\"s\",\"Token\":\"k\"}}"
            )
        };
        let text = |kind: &str| SnsMessage::parse(body(kind).as_bytes()).unwrap().signed_text();
        assert_eq!(
            text("Notification"),
            "Message\nx\nMessageId\nm\nTimestamp\n2026-01-01T00:00:00Z\nTopicArn\nt\nType\nNotification\n"
        );
        assert!(text("SubscriptionConfirmation").contains("SubscribeURL\ns\n"));
        assert!(text("SubscriptionConfirmation").contains("Token\nk\n"));
    }

    /// Signed with SHA-1, by `openssl dgst -sha1 -sign` and the key of the fixtures: ring makes no such signatures.
    #[test]
    fn signatures_of_the_first_version_are_checked_too() {
        let certificate = include_bytes!("../../../tests/fixtures/sns/certificate.pem");
        let signature = include_str!("../../../tests/fixtures/sns/signature_version_1.txt").trim();
        let signed = |version: &str, text: &str| {
            let body = serde_json::json!({
                "Type": "Notification", "MessageId": "m-1", "Message": text,
                "TopicArn": "arn:aws:sns:eu-west-1:111122223333:findings",
                "Timestamp": "2026-03-02T09:00:00.000Z", "SignatureVersion": version, "Signature": signature,
                "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/x.pem",
            });
            SnsMessage::parse(body.to_string().as_bytes()).unwrap()
        };
        assert!(signed("1", "A finding").verify(certificate).is_ok());
        assert!(matches!(signed("1", "Another").verify(certificate), Err(SnsError::Signature)));
        assert!(matches!(signed("2", "A finding").verify(certificate), Err(SnsError::Signature)));
        assert!(matches!(signed("3", "A finding").verify(certificate), Err(SnsError::Signature)));
    }
}
