// Package receipt signs what a data subject decided, so that the decision can be proven later without asking this service (GDPR
// Art. 7(1)). A receipt is a JWS (RFC 7515) in its compact form, signed with Ed25519 (RFC 8037).
package receipt

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// mediaType is the "typ" of a receipt's header (RFC 7515, section 4.1.9).
const mediaType = "consent-receipt+json"

// Receipt says who decided what, when, and what was shown.
type Receipt struct {
	Issuer        string              `json:"iss"` // the controller's site
	Controller    Controller          `json:"controller"`
	Subject       string              `json:"sub"` // SHA-256 of the visitor id, base64url: the holder of the id can show that it is theirs
	RecordedAt    time.Time           `json:"recordedAt"`
	Version       int                 `json:"version"` // of the subject's consent records
	PolicyVersion string              `json:"policyVersion"`
	PolicySHA256  string              `json:"policySha256"` // hex digest of the policy's bytes as they were published (promise A02)
	Language      string              `json:"language"`
	Surface       string              `json:"surface"`
	GPC           bool                `json:"gpc"`
	Decisions     map[string]Decision `json:"decisions"` // by purpose
}

// Controller is who asked for the consent and how to reach them (promise A01).
type Controller struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Decision is what was decided about one purpose.
type Decision struct {
	State     string    `json:"state"`
	DecidedAt time.Time `json:"decidedAt"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Keys signs with the current key and publishes it together with those that were retired, so that a receipt outlives the key's rotation.
type Keys struct {
	signer jose.Signer
	public jose.JSONWebKeySet
}

// NewKeys derives the signing key from a secret. retired is a JSON array of the public keys (JWK) that signed before, or empty.
func NewKeys(secret, retired string) (*Keys, error) {
	if len(secret) < 32 {
		return nil, errors.New("receipt: the secret of the signing key is shorter than 32 characters")
	}
	seed, err := hkdf.Key(sha256.New, []byte(secret), nil, "consent receipts, Ed25519", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	key := jose.JSONWebKey{Key: private.Public(), Algorithm: string(jose.EdDSA), Use: "sig"}
	thumb, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumb)
	keys := &Keys{public: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}}}
	if retired != "" {
		var before []jose.JSONWebKey
		if err := json.Unmarshal([]byte(retired), &before); err != nil {
			return nil, fmt.Errorf("receipt: retired keys: %w", err)
		}
		for _, k := range before {
			if !k.IsPublic() {
				return nil, errors.New("receipt: a retired key is not a public key")
			}
		}
		keys.public.Keys = append(keys.public.Keys, before...)
	}
	options := (&jose.SignerOptions{}).WithType(mediaType)
	keys.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: private, KeyID: key.KeyID}}, options)
	return keys, err
}

// Sign returns the receipt as a compact JWS. The same receipt is the same text each time.
func (k *Keys) Sign(r Receipt) (string, error) {
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

// ErrInvalid is what Verify answers for a receipt that none of the keys has signed.
var ErrInvalid = errors.New("receipt: no key of the set has signed this")

// Verify checks a receipt against a key set, offline, and returns what it says.
func Verify(jws string, keySet []byte) (Receipt, error) {
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(keySet, &keys); err != nil {
		return Receipt{}, fmt.Errorf("receipt: key set: %w", err)
	}
	signed, err := jose.ParseSignedCompact(jws, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return Receipt{}, ErrInvalid
	}
	header := signed.Signatures[0].Protected
	if header.ExtraHeaders[jose.HeaderType] != mediaType {
		return Receipt{}, ErrInvalid
	}
	for _, key := range keys.Key(header.KeyID) {
		payload, err := signed.Verify(key)
		if err != nil {
			continue
		}
		var r Receipt
		err = json.Unmarshal(payload, &r)
		return r, err
	}
	return Receipt{}, ErrInvalid
}
