package certificate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

var noon = time.Date(2026, time.November, 29, 12, 0, 0, 0, time.UTC)

// erased is an erasure in which each kind of outcome occurs.
func erased() (request.Request, erasure.Erasure) {
	r := request.Request{ID: "0199-a", Right: privacy.Erasure, Email: "anna@example.org", Details: "please", ReceivedAt: noon.AddDate(0, 0, -4)}
	until := noon.AddDate(7, 0, 0)
	return r, erasure.Erasure{
		Request: r.ID, Subject: "sid-anna", AgreedAt: noon.AddDate(0, 0, -3), BegunAt: noon, ErasedAt: noon.Add(3 * time.Minute), Mailboxes: []string{"box-anna"},
		Plan: erasure.Plan{PolicyVersion: policy.Newest().Version, Items: []erasure.Item{
			{Kind: policy.Kind(privacy.Communication), Count: 3, Counted: true},
			{Kind: policy.Kind(privacy.Transaction), Ground: privacy.LegalDuty, Drops: []string{"cardLast4"}, Count: 2, Counted: true, Until: until},
			{Kind: policy.Kind(privacy.Account), Ground: privacy.StillNecessary, While: policy.WhileContract, Count: 1, Counted: true},
			{Kind: policy.Kind(privacy.Contact), Ground: privacy.LegalHold, Count: 1, Counted: true},
			{Kind: policy.ServiceLog, Ground: privacy.StillNecessary},
		}},
		Systems: []erasure.System{{ID: "crm"}, {ID: "helpdesk", AcknowledgedAt: noon.Add(time.Minute)}},
	}
}

func keys(t *testing.T, secret string) (*receipt.Keys, []byte) {
	t.Helper()
	k, err := receipt.NewKeys(secret, "")
	if err != nil {
		t.Fatal(err)
	}
	set, err := k.Published()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return k, text
}

// H03: a certificate verifies offline and says what became of each kind, with ground, law and day. It does not say whose data it was.
func TestPromise_H03_ACertificateSaysWhatBecameOfEachKind(t *testing.T) {
	k, set := keys(t, strings.Repeat("secret ", 6))
	r, e := erased()
	jws, err := Signer{k}.Certify(r, e, noon)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Verify(jws, set)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, item := range c.Items {
		count, until := "-", "-"
		if item.Count != nil {
			count = string(rune('0' + *item.Count))
		}
		if item.Until != nil {
			until = item.Until.Format(time.DateOnly)
		}
		said = append(said, strings.Join([]string{string(item.Kind), item.Outcome, count, string(item.Ground), item.Law, item.While, until, strings.Join(item.Dropped, " ")}, "|"))
	}
	want := []string{
		"communication|erased|3||||-|", "transaction|withheld|2|legal_obligation|GDPR Art. 17(3)(b)||2033-11-29|cardLast4",
		"account|withheld|1|necessary|GDPR Art. 17(1)(a)|contract|-|", "contact|withheld|1|hold|GDPR Art. 17(3)(e)||-|",
		"service_log|withheld|-|necessary|GDPR Art. 17(1)(a)||-|",
	}
	if !slices.Equal(said, want) {
		t.Errorf("%q", said)
	}
	if s := c.Systems; len(s) != 2 || s[0].State != "outstanding" || s[0].Title == "" || s[1].State != "acknowledged" || s[1].AcknowledgedAt == nil {
		t.Errorf("systems: %+v", c.Systems)
	}
	if c.Erasure != r.ID || c.IssuedAt != noon.Unix() || !c.BackupsUntil.Equal(e.ErasedAt.AddDate(0, 0, policy.Newest().BackupDays)) || len(c.PolicySHA256) != 64 {
		t.Errorf("%+v", c)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, personal := range []string{"anna", "please", "box-"} {
		if strings.Contains(string(text), personal) {
			t.Errorf("the certificate has %q", personal)
		}
	}
}

// H03: what another key signed, what was changed, and a receipt are no certificates.
func TestPromise_H03_NothingElsePassesForACertificate(t *testing.T) {
	k, set := keys(t, strings.Repeat("secret ", 6))
	other, _ := keys(t, strings.Repeat("another", 6))
	r, e := erased()
	good, err := Signer{k}.Certify(r, e, noon)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := Signer{other}.Certify(r, e, noon)
	if err != nil {
		t.Fatal(err)
	}
	relabelled, err := k.SignAs("consent-receipt+jwt", map[string]string{"sub": r.ID})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	for name, jws := range map[string]string{"of another key": foreign, "of another type": relabelled, "cut": parts[0] + "." + parts[1], "empty": "",
		"with another payload": parts[0] + "." + strings.Split(relabelled, ".")[1] + "." + parts[2]} {
		if _, err := Verify(jws, set); err == nil {
			t.Errorf("a text %s passes", name)
		}
	}
	e.Plan.PolicyVersion = "1999-01-01"
	if _, err := (Signer{k}).Certify(r, e, noon); err == nil {
		t.Error("a version that was never published passes")
	}
}
