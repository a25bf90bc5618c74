package receipt

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/go-jose/go-jose/v4"
)

// info binds the derived key to its one use (RFC 5869, section 3.2). Another text would be another key.
const info = "consent receipts, Ed25519"

// Keys signs with the current key and publishes it together with those that were retired, so that a receipt outlives the key's rotation.
type Keys struct {
	signer jose.Signer
	public jose.JSONWebKeySet
}

// NewKeys derives the signing key from a secret of at least 32 characters. retired is a JSON array of the public keys (JWK) that signed
// before, copied from the published set before the secret was changed, or empty. A key that leaked must not be among them: receipts
// that it signed are then asked for again.
func NewKeys(secret, retired string) (*Keys, error) {
	if len(secret) < 32 {
		return nil, errors.New("receipt: the secret of the signing key is shorter than 32 characters")
	}
	seed, err := hkdf.Key(sha256.New, []byte(secret), nil, info, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	keys := &Keys{}
	if err := keys.publish(private.Public()); err != nil {
		return nil, err
	}
	if err := keys.retire(retired); err != nil {
		return nil, err
	}
	current := jose.JSONWebKey{Key: private, KeyID: keys.public.Keys[0].KeyID}
	keys.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: current}, (&jose.SignerOptions{}).WithType(mediaType))
	return keys, err
}

// retire publishes the keys that signed before. A private key among them is refused, and so is one that could not have signed.
func (k *Keys) retire(list string) error {
	if list == "" {
		return nil
	}
	var before []jose.JSONWebKey
	if err := json.Unmarshal([]byte(list), &before); err != nil { // its text could repeat a key that should not stand there
		return errors.New("receipt: the retired keys are not a JSON array of keys")
	}
	for _, key := range before {
		public, ok := key.Key.(ed25519.PublicKey)
		if !ok {
			return errors.New("receipt: a retired key is not a public Ed25519 key")
		}
		if err := k.publish(public); err != nil {
			return err
		}
	}
	return nil
}

// publish adds a key to the set, once. Its name is its thumbprint (RFC 7638), whatever name it came with.
func (k *Keys) publish(public crypto.PublicKey) error {
	key := jose.JSONWebKey{Key: public, Algorithm: string(jose.EdDSA), Use: "sig"}
	thumb, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return err
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumb)
	if len(k.public.Key(key.KeyID)) == 0 {
		k.public.Keys = append(k.public.Keys, key)
	}
	return nil
}

// Sign returns the receipt of a consent record as a compact JWS: for the same facts and key the same text each time.
func (k *Keys) Sign(f Facts) (string, error) {
	r, err := newReceipt(f)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	signed, err := k.signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// Published returns the key set (RFC 7517, section 5) with which receipts are verified: the current key first.
func (k *Keys) Published() jose.JSONWebKeySet { return k.public }
