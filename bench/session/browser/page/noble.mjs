// noble's primitives, as `composed.mjs` wants them.
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';

/** Both kinds of curve keys come as a pair. */
function keys({ secretKey, publicKey }) {
  return { secret: secretKey, public: publicKey };
}

export const primitives = {
  seal: (key, nonce, data, plaintext) => xchacha20poly1305(key, nonce, data).encrypt(plaintext),
  open(key, nonce, data, ciphertext) {
    try {
      return xchacha20poly1305(key, nonce, data).decrypt(ciphertext);
    } catch {
      return undefined;
    }
  },
  hash: (bytes) => sha256(bytes),
  hmac: (key, bytes) => hmac(sha256, key, bytes),
  agreementKeys: () => keys(x25519.keygen()),
  agree: (secret, peer) => x25519.getSharedSecret(secret, peer),
  signingKeys: () => keys(ed25519.keygen()),
  sign: (secret, bytes) => ed25519.sign(bytes, secret),
  verify: (peer, bytes, signature) => ed25519.verify(signature, bytes, peer),
  kemKeys: () => keys(ml_kem768.keygen()),
  encapsulate(peer) {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(peer);
    return { ciphertext: cipherText, shared: sharedSecret };
  },
  decapsulate: (secret, ciphertext) => ml_kem768.decapsulate(ciphertext, secret),
};
