//! The last moment at which a certificate holds.
//!
//! `Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version OPTIONAL, serialNumber, signature, issuer, validity
//! SEQUENCE { notBefore, notAfter }, … }, … }` (RFC 5280, 4.1). Only what leads there is read: rustls has verified the rest.

use chrono::{DateTime, Utc};
use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, SliceReader, Tag, Tagged};

/// `notAfter` of a certificate in DER; none when it is no certificate.
pub(super) fn expires(certificate: &[u8]) -> Option<DateTime<Utc>> {
    let outer = fields(certificate).next().filter(|any| any.tag() == Tag::Sequence)?;
    let inner = fields(outer.value()).next().filter(|any| any.tag() == Tag::Sequence)?;
    let mut list = fields(inner.value()).skip_while(|any| matches!(any.tag(), Tag::ContextSpecific { .. }));
    let validity = list.nth(3).filter(|any| any.tag() == Tag::Sequence)?;
    let last = fields(validity.value()).nth(1)?;
    let since_epoch = match last.tag() {
        Tag::UtcTime => last.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        Tag::GeneralizedTime => last.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
        _ => return None,
    };
    DateTime::from_timestamp(i64::try_from(since_epoch.as_secs()).ok()?, 0)
}

/// The values that stand one after the other; it ends at the first that is none.
fn fields(bytes: &[u8]) -> impl Iterator<Item = AnyRef<'_>> {
    let mut reader = SliceReader::new(bytes).ok();
    std::iter::from_fn(move || AnyRef::decode(reader.as_mut()?).ok())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::{any, prop, proptest};
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::expires;

    fn made(year: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 2, 3);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn both_forms_of_a_time_are_read() {
        // UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5).
        for year in [2027, 2049, 2050, 4096] {
            let wanted: DateTime<Utc> = format!("{year}-02-03T00:00:00Z").parse().unwrap();
            assert_eq!(expires(&made(year)), Some(wanted));
        }
    }

    #[test]
    fn a_piece_of_a_certificate_is_none() {
        let whole = made(2027);
        for length in 0..whole.len() {
            assert_eq!(expires(&whole[..length]), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_stumble(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..400) {
            let _ = expires(&bytes);
            let mut whole = made(2027);
            for (offset, byte) in bytes.iter().take(3).enumerate() {
                let place = (at + offset) % whole.len();
                whole[place] = *byte;
            }
            let _ = expires(&whole);
        }
    }
}
