// Package receipt signs what a data subject decided, so that the decision can be proven later without asking this service (GDPR
// Art. 7(1)). A receipt is a JWS (RFC 7515) in its compact form, signed with Ed25519 (RFC 8037).
package receipt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/published"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// mediaType is the "typ" of a receipt's header (RFC 7515, section 4.1.9). RFC 8725, section 3.11, advises an explicit type, so that no other
// text signed with these keys passes for a receipt.
const mediaType = "consent-receipt+jwt"

// Facts are what a consent record says: who decided what, when and how.
type Facts struct {
	Subject       string                       `json:"sub"`     // SHA-256 of the visitor id, base64url, so that a visitor who knows the id can prove that it is theirs; or the random id behind an address
	Version       int                          `json:"version"` // of the subject's consent records
	PolicyVersion string                       `json:"policyVersion"`
	Language      string                       `json:"language"` // BCP 47 tag of the text that was shown
	Surface       string                       `json:"surface"`
	GPC           bool                         `json:"gpc"`       // the Global Privacy Control signal was sent (promise D01)
	Decisions     map[privacy.Purpose]Decision `json:"decisions"` // all decisions after the act; earlier ones keep their own time
	RecordedAt    time.Time                    `json:"-"`         // whole seconds, UTC; "iat" of the receipt
}

// Decision is what was decided about one purpose.
type Decision struct {
	State     string    `json:"state"`
	DecidedAt time.Time `json:"decidedAt"`
	ExpiresAt time.Time `json:"expiresAt"`        // when it must be asked again
	OptOut    bool      `json:"optOut,omitempty"` // the denial is an opt-out of sale and sharing (promise H10)
}

// Of returns what a consent record says.
func Of(r consent.Record) Facts {
	_, id, _ := strings.Cut(r.Subject, "#") // the part before # is the kind of subject, which only the table needs
	out := Facts{
		Subject: id, Version: r.Version, PolicyVersion: r.PolicyVersion, RecordedAt: r.RecordedAt,
		Language: r.Language, Surface: r.Surface, GPC: r.GPC, Decisions: make(map[privacy.Purpose]Decision, len(r.Decisions)),
	}
	for purpose, d := range r.Decisions {
		out.Decisions[purpose] = Decision{State: string(d.State), DecidedAt: d.DecidedAt, ExpiresAt: d.ExpiresAt, OptOut: d.OptOut}
	}
	return out
}

// Receipt holds the facts, what was shown, and by whom. It does not change with later policy versions, or with the time at which it is asked
// for.
type Receipt struct {
	Issuer       string     `json:"iss"` // the controller's site
	IssuedAt     int64      `json:"iat"` // when the act was recorded, in epoch seconds (RFC 7519, section 4.1.6)
	Controller   Controller `json:"controller"`
	PolicySHA256 string     `json:"policySha256"` // hex digest of the policy's bytes as they were published (promise A02)
	Facts
}

// Controller is who asked for the consent and how to reach them, as the policy said that was shown (promise A01).
type Controller struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// newReceipt adds to the facts what the policy version says that was shown. An unknown version is an error, because published versions are
// never removed.
func newReceipt(f Facts) (Receipt, error) {
	text, ok := published.Text(f.PolicyVersion)
	if !ok {
		return Receipt{}, errors.New("receipt: the policy version was never published")
	}
	var shown struct {
		Controller policy.Controller `json:"controller"`
	}
	if err := json.Unmarshal(text, &shown); err != nil {
		return Receipt{}, fmt.Errorf("receipt: published policy: %w", err)
	}
	digest := sha256.Sum256(text)
	return Receipt{
		Issuer: shown.Controller.Site, IssuedAt: f.RecordedAt.Unix(), PolicySHA256: hex.EncodeToString(digest[:]), Facts: f,
		Controller: Controller{Name: shown.Controller.Name, Email: shown.Controller.PrivacyEmail},
	}, nil
}

// ErrInvalid is the error of Verify and VerifyAs for a text that is no document of the type, or that none of the keys signed.
var ErrInvalid = errors.New("receipt: none of the keys in the set signed this as such a document")

// Verify checks a receipt against a key set (RFC 7517, as /.well-known/jwks.json serves it), offline, and returns what it says. It returns ErrInvalid, or
// an error if the key set is not a JWK set.
func Verify(jws string, keySet []byte) (Receipt, error) {
	var r Receipt
	if err := VerifyAs(mediaType, jws, keySet, &r); err != nil {
		return Receipt{}, err
	}
	r.RecordedAt = time.Unix(r.IssuedAt, 0).UTC()
	return r, nil
}

// VerifyAs checks a document of a type that [Keys.SignAs] has signed, and reads what it says. Of what the document says about itself, it trusts only the
// name of its key. It returns ErrInvalid, or an error if the key set is not a JWK set.
func VerifyAs(mediaType, jws string, keySet []byte, said any) error {
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(keySet, &keys); err != nil {
		return fmt.Errorf("receipt: key set: %w", err)
	}
	signed, err := jose.ParseSignedCompact(jws, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return ErrInvalid
	}
	header := signed.Signatures[0].Protected
	if header.ExtraHeaders[jose.HeaderType] != mediaType {
		return ErrInvalid
	}
	for _, key := range keys.Key(header.KeyID) {
		payload, err := signed.Verify(key)
		if err != nil {
			continue
		}
		if err := json.Unmarshal(payload, said); err != nil {
			return ErrInvalid
		}
		return nil
	}
	return ErrInvalid
}
