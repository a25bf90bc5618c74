package policy

import (
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestRightsAreFoundAndCited(t *testing.T) {
	p := Policy{Rights: []DeclaredRight{{ID: "deletion", Title: "Deletion", Law: "ccpa", Article: "§1798.105"}, {ID: "access", Title: "Access", Law: "gdpr", Article: "Art. 15"}}}
	right, found := p.Right(privacy.Access)
	if !found || right.LawName() != "GDPR" || right.Citation() != "Access (Art. 15 GDPR)" {
		t.Errorf("access is %q, found %t", right.Citation(), found)
	}
	if right, found := p.Right(privacy.Portability); found || right.ID != "" {
		t.Errorf("a right that the policy does not name is %+v", right)
	}
}

func TestPhoneDigits(t *testing.T) {
	for phone, want := range map[string]string{"": "", "+1 (800) 555-0199": "+18005550199", "call 12 <b>3</b>": "123"} {
		if got := (Controller{Phone: phone}).PhoneDigits(); got != want {
			t.Errorf("%q: %q, want %q", phone, got, want)
		}
	}
}
