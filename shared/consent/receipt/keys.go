package receipt

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// info binds the derived key to its one use (RFC 5869, section 3.2). Another text would give another key.
const info = "consent receipts, Ed25519"

// Keys signs receipts with the current key. It publishes this key together with the retired ones, so that receipts stay valid when the key
// is replaced. Several goroutines may use it at once.
type Keys struct {
	pair func() (pair, error) // made once, when a receipt or the key set is first asked for
}

// pair is the signer with the current key, and the published keys that verify what the current and the retired keys signed.
type pair struct {
	current jose.SigningKey
	public  jose.JSONWebKeySet
}

// NewKeys checks the secret from which the signing key is derived. The secret has at least 32 characters. The key itself is made when it is
// first needed, since that takes a quarter of a function's start and few calls need it. retired is empty, or a JSON array of the public keys
// (JWK) that signed before. Copy them from the published set before you change the secret, but leave out a key that leaked: its receipts
// must be asked for again.
func NewKeys(secret, retired string) (*Keys, error) {
	if len(secret) < 32 {
		return nil, errors.New("receipt: the secret of the signing key is shorter than 32 characters")
	}
	before, err := publicKeys(retired)
	if err != nil {
		return nil, err
	}
	return &Keys{pair: sync.OnceValues(func() (pair, error) { return newPair(secret, before) })}, nil
}

// publicKeys reads the keys that signed before. It refuses private keys, and keys that could not have signed a receipt.
func publicKeys(list string) ([]ed25519.PublicKey, error) {
	if list == "" {
		return nil, nil
	}
	var before []jose.JSONWebKey
	if err := json.Unmarshal([]byte(list), &before); err != nil { // the text of err could repeat a private key
		return nil, errors.New("receipt: the retired keys are not a JSON array of keys")
	}
	keys := make([]ed25519.PublicKey, 0, len(before))
	for _, key := range before {
		public, ok := key.Key.(ed25519.PublicKey)
		if !ok {
			return nil, errors.New("receipt: a retired key is not a public Ed25519 key")
		}
		keys = append(keys, public)
	}
	return keys, nil
}

// newPair derives the signing key and names the published ones.
func newPair(secret string, before []ed25519.PublicKey) (pair, error) {
	seed, err := hkdf.Key(sha256.New, []byte(secret), nil, info, ed25519.SeedSize)
	if err != nil {
		return pair{}, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	var p pair
	for _, public := range append([]ed25519.PublicKey{private.Public().(ed25519.PublicKey)}, before...) {
		if err := p.publish(public); err != nil {
			return pair{}, err
		}
	}
	p.current = jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: private, KeyID: p.public.Keys[0].KeyID}}
	return p, nil
}

// publish adds a key to the set, unless the set has it already. Its id is its thumbprint (RFC 7638), whatever id it came with.
func (p *pair) publish(public ed25519.PublicKey) error {
	key := jose.JSONWebKey{Key: public, Algorithm: string(jose.EdDSA), Use: "sig"}
	thumb, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return err
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumb)
	if len(p.public.Key(key.KeyID)) == 0 {
		p.public.Keys = append(p.public.Keys, key)
	}
	return nil
}

// Sign returns the receipt of a consent record as a compact JWS. The same facts and key always give the same text.
func (k *Keys) Sign(f Facts) (string, error) {
	r, err := newReceipt(f)
	if err != nil {
		return "", err
	}
	return k.SignAs(mediaType, r)
}

// SignAs returns a document as a compact JWS of a type, which stands in its header, so that nobody can pass it off as a document of another type. The same
// document and key always give the same text.
func (k *Keys) SignAs(mediaType string, document any) (string, error) {
	payload, err := json.Marshal(document)
	if err != nil {
		return "", err
	}
	p, err := k.pair()
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(p.current, (&jose.SignerOptions{}).WithType(jose.ContentType(mediaType)))
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// Published returns the key set (RFC 7517, section 5) with which receipts are verified: the current key first.
func (k *Keys) Published() (jose.JSONWebKeySet, error) {
	p, err := k.pair()
	return p.public, err
}
