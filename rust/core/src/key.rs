//! Content keys: short, unforgeable names of stored originals.
//!
//! A key is a keyed BLAKE3 hash (a MAC under the store's secret) over the tenant and the content,
//! written as 11 base-62 characters (65.5 bits). Whoever lacks the secret cannot make a key that a
//! store would accept, so text that merely looks like a key names nothing.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters in a key.
pub const KEY_LENGTH: usize = 11;

/// The key of `content` for `tenant` under `secret`.
pub fn content_key(secret: &[u8; 32], tenant: &str, content: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(&(tenant.len() as u64).to_le_bytes());
    hasher.update(tenant.as_bytes());
    hasher.update(content);
    let mut bytes = [0u8; 16];
    hasher.finalize_xof().fill(&mut bytes);
    String::from_utf8_lossy(&base62(u128::from_le_bytes(bytes))).into_owned()
}

/// Characters in the name of a record: all 128 bits of it.
pub const NAME_LENGTH: usize = 22;

/// The domain of names, which no tenant can be called: a tenant's name has no NUL character.
const NAME_DOMAIN: &[u8] = b"\0record";

/// The name of a record of `tenant` under `secret`, a MAC over the parts, each with its length, so
/// that no other parts have the same bytes.
pub fn record_name<'p>(secret: &[u8; 32], tenant: &str, parts: impl Iterator<Item = &'p str>) -> String {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(&((tenant.len() + NAME_DOMAIN.len()) as u64).to_le_bytes());
    hasher.update(tenant.as_bytes());
    hasher.update(NAME_DOMAIN);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut bytes = [0u8; 16];
    hasher.finalize_xof().fill(&mut bytes);
    let mut number = u128::from_le_bytes(bytes);
    let digits = std::iter::repeat_with(|| {
        let digit = (number % 62) as usize;
        number /= 62;
        char::from(ALPHABET[digit])
    });
    digits.take(NAME_LENGTH).collect()
}

/// The low 11 base-62 digits of `number`, lowest first. Ten of them come from one 128-bit division,
/// since eleven would cost more than hashing a short text.
fn base62(number: u128) -> [u8; KEY_LENGTH] {
    const TEN_DIGITS: u64 = 62u64.pow(10);
    let mut low = (number % u128::from(TEN_DIGITS)) as u64;
    let high = (number / u128::from(TEN_DIGITS)) % 62;
    let mut key = [0u8; KEY_LENGTH];
    for slot in &mut key[..KEY_LENGTH - 1] {
        *slot = ALPHABET[(low % 62) as usize];
        low /= 62;
    }
    key[KEY_LENGTH - 1] = ALPHABET[high as usize];
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_digits_are_those_of_the_plain_division(number: u128) {
            let mut rest = number;
            for digit in base62(number) {
                prop_assert_eq!(digit, ALPHABET[(rest % 62) as usize]);
                rest /= 62;
            }
        }
    }

    #[test]
    fn a_name_depends_on_secret_tenant_and_where_its_parts_end() {
        let name = |secret, tenant, parts: &[&str]| record_name(&[secret; 32], tenant, parts.iter().copied());
        let names = [
            name(1, "a", &["b", "c"]),
            name(2, "a", &["b", "c"]),
            name(1, "ab", &["c"]),
            name(1, "a", &["bc"]),
            name(1, "a", &["b", "c", ""]),
            name(1, "a", &[]),
        ];
        for (i, left) in names.iter().enumerate() {
            assert_eq!(left.len(), NAME_LENGTH);
            assert!(left.bytes().all(|b| b.is_ascii_alphanumeric()));
            for right in &names[i + 1..] {
                assert_ne!(left, right);
            }
        }
    }

    #[test]
    fn a_key_depends_on_secret_tenant_and_content() {
        let keys = [
            content_key(&[1; 32], "a", b"bc"),
            content_key(&[2; 32], "a", b"bc"),
            content_key(&[1; 32], "ab", b"c"),
            content_key(&[1; 32], "a", b"bd"),
        ];
        for (i, left) in keys.iter().enumerate() {
            assert_eq!(left.len(), KEY_LENGTH);
            assert!(left.bytes().all(|b| b.is_ascii_alphanumeric()));
            for right in &keys[i + 1..] {
                assert_ne!(left, right);
            }
        }
    }
}
