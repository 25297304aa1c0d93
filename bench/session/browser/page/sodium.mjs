// libsodium's primitives, as `composed.mjs` wants them. The package has neither SHA-256 nor its HMAC: its
// own hash stands in, BLAKE2b, with a key where an HMAC is wanted.
import sodium from 'libsodium-wrappers';

await sodium.ready;

export const primitives = {
  seal: (key, nonce, data, plaintext) =>
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, data, null, nonce, key),
  open(key, nonce, data, ciphertext) {
    try {
      return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, data, nonce, key);
    } catch {
      return undefined;
    }
  },
  hash: (bytes) => sodium.crypto_generichash(32, bytes),
  hmac: (key, bytes) => sodium.crypto_generichash(32, bytes, key),
  agreementKeys() {
    const secret = sodium.randombytes_buf(32);
    return { secret, public: sodium.crypto_scalarmult_base(secret) };
  },
  agree: (secret, peer) => sodium.crypto_scalarmult(secret, peer),
  signingKeys() {
    const { privateKey, publicKey } = sodium.crypto_sign_keypair();
    return { secret: privateKey, public: publicKey };
  },
  sign: (secret, bytes) => sodium.crypto_sign_detached(bytes, secret),
  verify: (peer, bytes, signature) => sodium.crypto_sign_verify_detached(signature, bytes, peer),
  kemKeys() {
    const { privateKey, publicKey } = sodium.crypto_kem_mlkem768_keypair();
    return { secret: privateKey, public: publicKey };
  },
  encapsulate(peer) {
    const { ciphertext, sharedSecret } = sodium.crypto_kem_mlkem768_enc(peer);
    return { ciphertext, shared: sharedSecret };
  },
  decapsulate: (secret, ciphertext) => sodium.crypto_kem_mlkem768_dec(ciphertext, secret),
};
