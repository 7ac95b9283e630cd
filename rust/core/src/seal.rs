//! Sealed bytes: what is kept at rest can be read, or changed unnoticed, by nobody without the key.
//!
//! Every message is encrypted (ChaCha20-Poly1305, RFC 8439) under a key of its own, which stands
//! beside it wrapped under the tenant's key (XChaCha20-Poly1305). So a tenant's key is changed by
//! wrapping 32 bytes anew for each message, and a message is erased for good by erasing it and then
//! the key that its own key was wrapped under.
//!
//! This module knows no source of randomness: the caller passes 32 fresh random bytes a message.
//! Were they ever to repeat (a copied virtual machine, a broken generator), nothing is lost: the
//! message's key is a MAC over them, the associated data *and the message*, so that two messages
//! never share a key, and a key seals one message only, for which the nonce may be zero. A wrapped
//! key's nonce of 192 bits is a MAC over what is wrapped, as in SIV (RFC 5297): equal input gives
//! equal output, and nothing else can be learnt. ChaCha20 needs no instructions of its own to be
//! fast and to take the same time whatever the key.
//!
//! Associated data says where the message belongs (tenant, key, version of the format); what was
//! sealed for one place opens in no other.

use std::fmt;

use chacha20poly1305::aead::{Aead, AeadInOut, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, XChaCha20Poly1305, XNonce};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// Bytes of a wrapped key: its nonce, itself, its tag.
pub const WRAPPED_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/// A key of 256 bits.
pub type Key = [u8; KEY_BYTES];

/// Why something was not opened: it was sealed under another key or for another place, or was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealError;

impl fmt::Display for SealError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("it was changed, or sealed under another key or for another place")
    }
}

impl std::error::Error for SealError {}

/// A sealed message and its wrapped key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The message's key, under the sealer's.
    pub wrapped: Vec<u8>,
    /// The message, 16 bytes longer than it was.
    pub message: Vec<u8>,
}

/// Seals and opens under one key.
pub struct Sealer {
    wrapping: XChaCha20Poly1305,
    nonces: Key,
    messages: Key,
}

impl Sealer {
    /// A sealer under `key`, of which each use gets a key of its own.
    pub fn new(key: &Key) -> Self {
        Self {
            wrapping: XChaCha20Poly1305::new(&blake3::derive_key("headroom store: wrapping of keys", key).into()),
            nonces: blake3::derive_key("headroom store: nonces of wrapped keys", key),
            messages: blake3::derive_key("headroom store: keys of messages", key),
        }
    }

    /// Encrypts `message` where it lies. `entropy` is fresh randomness; see the module on what happens if it is not.
    pub fn seal(&self, mut message: Vec<u8>, associated: &[u8], entropy: &Key) -> Sealed {
        let key = mac(&self.messages, &[associated, entropy, &message]);
        let cipher = ChaCha20Poly1305::new(&key.into());
        // It fails only over 256 GiB, more than a message in memory is.
        let encrypted = cipher.encrypt_in_place(&Nonce::default(), associated, &mut message);
        assert!(encrypted.is_ok(), "a message of {} bytes cannot be sealed", message.len());
        Sealed { wrapped: self.wrap(&key, associated), message }
    }

    /// The message that was sealed for the same place.
    pub fn open(&self, wrapped: &[u8], mut message: Vec<u8>, associated: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.unwrap(wrapped, associated)?;
        let cipher = ChaCha20Poly1305::new(&key.into());
        cipher.decrypt_in_place(&Nonce::default(), associated, &mut message).map_err(|_| SealError)?;
        Ok(message)
    }

    /// A key, sealed for a place: `WRAPPED_BYTES`, the same ones for the same key and place.
    pub fn wrap(&self, key: &Key, associated: &[u8]) -> Vec<u8> {
        let tag = mac(&self.nonces, &[associated, key]);
        let mut nonce = XNonce::default();
        nonce.copy_from_slice(&tag[..NONCE_BYTES]);
        let mut wrapped = Vec::with_capacity(WRAPPED_BYTES);
        wrapped.extend_from_slice(&nonce);
        let sealed = self.wrapping.encrypt(&nonce, Payload { msg: key, aad: associated });
        wrapped.extend(sealed.unwrap_or_else(|_| unreachable!("32 bytes can be sealed")));
        wrapped
    }

    /// The key that was wrapped for the same place.
    pub fn unwrap(&self, wrapped: &[u8], associated: &[u8]) -> Result<Key, SealError> {
        if wrapped.len() != WRAPPED_BYTES {
            return Err(SealError);
        }
        let mut nonce = XNonce::default();
        nonce.copy_from_slice(&wrapped[..NONCE_BYTES]);
        let payload = Payload { msg: &wrapped[NONCE_BYTES..], aad: associated };
        let key = self.wrapping.decrypt(&nonce, payload).map_err(|_| SealError)?;
        key.try_into().map_err(|_| SealError)
    }
}

/// A MAC over parts, each with its length, so that no other parts have the same bytes.
fn mac(key: &Key, parts: &[&[u8]]) -> Key {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_alone(message: Vec<u8>, place: Vec<u8>, other: Vec<u8>, key: Key, entropy: Key) {
            let sealer = Sealer::new(&key);
            let sealed = sealer.seal(message.clone(), &place, &entropy);
            prop_assert_eq!(sealed.message.len(), message.len() + TAG_BYTES);
            prop_assert_eq!(sealed.wrapped.len(), WRAPPED_BYTES);
            prop_assert_eq!(sealer.open(&sealed.wrapped, sealed.message.clone(), &place), Ok(message));
            if other != place {
                prop_assert_eq!(sealer.open(&sealed.wrapped, sealed.message.clone(), &other), Err(SealError));
            }
            let stranger = Sealer::new(&entropy);
            prop_assume!(key != entropy);
            prop_assert_eq!(stranger.open(&sealed.wrapped, sealed.message, &place), Err(SealError));
        }

        #[test]
        fn no_bit_can_be_changed(message: Vec<u8>, at: prop::sample::Index, bit in 0..8u8) {
            let sealer = Sealer::new(&[7; 32]);
            let mut sealed = sealer.seal(message, b"place", &[1; 32]);
            let at = at.index(WRAPPED_BYTES + sealed.message.len());
            let byte = if at < WRAPPED_BYTES { &mut sealed.wrapped[at] } else { &mut sealed.message[at - WRAPPED_BYTES] };
            *byte ^= 1 << bit;
            prop_assert_eq!(sealer.open(&sealed.wrapped, sealed.message, b"place"), Err(SealError));
        }

        #[test]
        fn any_bytes_are_refused(wrapped: Vec<u8>, message: Vec<u8>) {
            prop_assert_eq!(Sealer::new(&[7; 32]).open(&wrapped, message, b""), Err(SealError));
        }
    }

    #[test]
    fn repeated_randomness_does_not_repeat_a_key() {
        let sealer = Sealer::new(&[7; 32]);
        let first = sealer.seal(b"first message".to_vec(), b"place", &[0; 32]);
        let second = sealer.seal(b"other message".to_vec(), b"place", &[0; 32]);
        assert_ne!(first.wrapped, second.wrapped);
        let streams = |sealed: &Sealed, plain: &[u8]| -> Vec<u8> {
            sealed.message.iter().zip(plain).map(|(sealed, plain)| sealed ^ plain).collect()
        };
        assert_ne!(streams(&first, b"first message"), streams(&second, b"other message"));
    }

    #[test]
    fn fresh_randomness_hides_that_two_messages_are_equal() {
        let sealer = Sealer::new(&[7; 32]);
        let [first, second] = [[1; 32], [2; 32]].map(|entropy| sealer.seal(b"message".to_vec(), b"place", &entropy));
        assert_ne!(first.message, second.message);
    }

    #[test]
    fn a_key_is_wrapped_anew_without_its_message() {
        let (old, new) = (Sealer::new(&[1; 32]), Sealer::new(&[2; 32]));
        let sealed = old.seal(b"message".to_vec(), b"place", &[3; 32]);
        let wrapped = new.wrap(&old.unwrap(&sealed.wrapped, b"place").unwrap(), b"place");
        assert_eq!(new.open(&wrapped, sealed.message, b"place").unwrap(), b"message");
    }
}
