// Package certificate signs what an erasure has done, so that it can be proven later without asking this service (promise H03). A certificate is a JWS
// (RFC 7515) in its compact form, signed with the key of the consent receipts. It has no personal data: nobody can tell from it whose data was erased.
package certificate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/published"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// MediaType is the "typ" of a certificate's header (RFC 7515, section 4.1.9).
const MediaType = "erasure-certificate+jwt"

// Certificate says what an erasure has done. Times are in whole seconds, UTC.
type Certificate struct {
	Issuer        string        `json:"iss"` // the controller's site
	Erasure       string        `json:"sub"` // the id of the erasure, and of the request
	IssuedAt      int64         `json:"iat"` // when the certificate was signed, in epoch seconds; later if a system has answered since the first one
	Controller    Controller    `json:"controller"`
	Right         privacy.Right `json:"right"`
	ReceivedAt    time.Time     `json:"receivedAt"`
	AgreedAt      time.Time     `json:"agreedAt"` // when the person agreed to the plan
	BegunAt       time.Time     `json:"begunAt"`
	ErasedAt      time.Time     `json:"erasedAt"` // when everything was erased that could be
	PolicyVersion string        `json:"policyVersion"`
	PolicySHA256  string        `json:"policySha256"` // hex digest of the policy's bytes as they were published (promise A02)
	Items         []Item        `json:"items"`        // every stored kind that holds personal data
	Systems       []System      `json:"systems"`      // the controller's other systems and processors that may hold data of the person
	BackupsUntil  time.Time     `json:"backupsUntil"` // from then on no backup has what was erased
}

// Controller is who erased the data, and how to reach them.
type Controller struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Item says what became of one stored kind.
type Item struct {
	Kind    policy.Kind         `json:"kind"`
	Title   string              `json:"title"`
	Outcome string              `json:"outcome"`           // erased, withheld
	Count   *int                `json:"count,omitempty"`   // how many items were erased or are withheld; missing for what cannot be counted for one person
	Ground  privacy.Withholding `json:"ground,omitempty"`  // on which it is withheld
	Law     string              `json:"law,omitempty"`     // the article that allows it
	While   string              `json:"while,omitempty"`   // it is withheld only while this lasts: contract
	Until   *time.Time          `json:"until,omitempty"`   // when the last of it is erased; missing while that is not known
	Dropped []string            `json:"dropped,omitempty"` // what was erased of it all the same
}

// System says whether a system has erased the person too.
type System struct {
	ID             string     `json:"id"`
	Title          string     `json:"title"`
	State          string     `json:"state"` // outstanding, acknowledged
	AcknowledgedAt *time.Time `json:"acknowledgedAt,omitempty"`
}

// Signer signs certificates. It implements [erasure.Certifier].
type Signer struct {
	Keys *receipt.Keys
}

// Certify implements [erasure.Certifier]. An unknown version of the policy is an error, because published versions are never removed.
func (s Signer) Certify(r request.Request, e erasure.Erasure, now time.Time) (string, error) {
	text, ok := published.Text(e.Plan.PolicyVersion)
	if !ok {
		return "", errors.New("certificate: the policy version was never published")
	}
	c, err := Of(text, r, e, now)
	if err != nil {
		return "", err
	}
	return s.Keys.SignAs(MediaType, c)
}

// Of returns what the certificate of an erasure says. text is the policy under which the erasure was planned, as it was published: grounds, titles and
// periods are those of this version.
func Of(text []byte, r request.Request, e erasure.Erasure, now time.Time) (Certificate, error) {
	var p policy.Policy
	if err := json.Unmarshal(text, &p); err != nil {
		return Certificate{}, fmt.Errorf("certificate: published policy: %w", err)
	}
	digest := sha256.Sum256(text)
	c := Certificate{
		Issuer: p.Controller.Site, Erasure: r.ID, IssuedAt: now.Unix(), Controller: Controller{p.Controller.Name, p.Controller.PrivacyEmail}, Right: r.Right,
		ReceivedAt: r.ReceivedAt, AgreedAt: e.AgreedAt, BegunAt: e.BegunAt.Truncate(time.Second), ErasedAt: e.ErasedAt, PolicyVersion: e.Plan.PolicyVersion,
		PolicySHA256: hex.EncodeToString(digest[:]), BackupsUntil: e.ErasedAt.AddDate(0, 0, p.BackupDays),
	}
	for _, item := range e.Plan.Items {
		c.Items = append(c.Items, itemOf(&p, r.Right, item))
	}
	for _, system := range e.Systems {
		c.Systems = append(c.Systems, systemOf(&p, system))
	}
	return c, nil
}

func itemOf(p *policy.Policy, right privacy.Right, item erasure.Item) Item {
	out := Item{Kind: item.Kind, Title: item.Title(p), Outcome: "erased", Ground: item.Ground, While: item.While, Dropped: item.Drops}
	if item.Counted {
		out.Count = &item.Count
	}
	if item.Erased() {
		return out
	}
	out.Outcome = "withheld"
	out.Law, _ = item.Why(p, right)
	if !item.Until.IsZero() {
		out.Until = &item.Until
	}
	return out
}

func systemOf(p *policy.Policy, s erasure.System) System {
	out := System{ID: s.ID, State: "outstanding"}
	if i := slices.IndexFunc(p.Systems, func(known policy.System) bool { return known.ID == s.ID }); i >= 0 {
		out.Title = p.Systems[i].Title
	}
	if !s.AcknowledgedAt.IsZero() {
		out.State, out.AcknowledgedAt = "acknowledged", &s.AcknowledgedAt
	}
	return out
}

// Verify checks a certificate against a key set (RFC 7517, as /.well-known/jwks.json serves it), offline, and returns what it says. It returns
// [receipt.ErrInvalid], or an error if the key set is not a JWK set.
func Verify(jws string, keySet []byte) (c Certificate, err error) {
	err = receipt.VerifyAs(MediaType, jws, keySet, &c)
	return c, err
}
