package gather

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func (r rig) gathered(t *testing.T, asked request.Request, id privacy.SubjectID) bundle.Input {
	t.Helper()
	in, err := r.Gather(t.Context(), asked, id)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// Consent records come oldest first, each with its receipt.
func TestPromise_H01_ProofsComeOldestFirst(t *testing.T) {
	r, asked := everything()
	r.consents = []consent.Record{{Version: 3, Surface: "form"}, {Version: 2, Surface: "banner"}}
	var got []string
	for _, text := range r.gathered(t, asked, "anna").Consents {
		var shown proof
		if err := json.Unmarshal(text, &shown); err != nil {
			t.Fatal(err)
		}
		got = append(got, shown.Receipt)
	}
	if !slices.Equal(got, []string{"signed banner", "signed form"}) {
		t.Errorf("%q", got)
	}
}

// The requests of the address come oldest first. The request that is being answered is among them even if it is no longer listed. A listed
// request that was deleted is not.
func TestPromise_H01_EveryRequestOfTheAddressIsThere(t *testing.T) {
	r, asked := everything()
	r.listed.Requests = []string{"newer", "gone", "older"}
	for id, days := range map[string]int{"older": -2, "newer": 2} {
		r.files[id] = request.File{Request: request.Request{ID: id, ReceivedAt: now.AddDate(0, 0, days)}}
	}
	var got []string
	for _, one := range r.gathered(t, asked, "anna").Requests {
		got = append(got, one.ID)
	}
	if !slices.Equal(got, []string{"older", "r", "newer"}) {
		t.Errorf("%q", got)
	}
	if !slices.Equal(r.listed.Requests, []string{"newer", "gone", "older"}) {
		t.Errorf("the list of the store was changed: %q", r.listed.Requests)
	}
}

// The consents that wait come oldest first, without those that were deleted.
func TestPromise_H01_WaitingConsentsComeOldestFirst(t *testing.T) {
	r, asked := everything()
	r.listed.Consents = []string{"newer", "gone", "older"}
	r.waiting = map[string]mailbox.Confirmation{
		"newer": {Email: "newer", CreatedAt: now}, "older": {Email: "older", CreatedAt: now.Add(-time.Hour)},
	}
	pending := r.gathered(t, asked, "anna").Subject.PendingConsents
	if len(pending) != 2 || pending[0].Address != "older" || pending[1].Address != "newer" {
		t.Errorf("%+v", pending)
	}
}

// H14: until the button is pressed, a stranger may have written what came with a waiting consent, so its language is not shown.
func TestPromise_H14_TheLanguageOfAWaitingConsentIsNotShown(t *testing.T) {
	r, asked := everything()
	r.waiting["c"] = mailbox.Confirmation{Act: consent.Act{Language: "canary-language"}, Client: "canary-client", Hash: []byte("canary-hash")}
	shown, err := json.Marshal(r.gathered(t, asked, "anna").Subject)
	if err != nil || strings.Contains(string(shown), "canary-language") || strings.Contains(string(shown), "canary-client") {
		t.Errorf("%s, %v", shown, err)
	}
}

// F09: when the retention of what was known of a person is over, to the second, it is not shown, whether or not DynamoDB has deleted it. The
// requests of the address are still shown.
func TestFault_F09_AnExpiredSubjectIsNotShown(t *testing.T) {
	r, asked := everything()
	for after, want := range map[time.Duration]bool{0: false, time.Second: true, -time.Hour: false} {
		r.known.ExpiresAt = now.Add(after)
		in := r.gathered(t, asked, "anna")
		if got := in.Subject.ID != "" && len(in.Subject.Addresses) == 1; got != want || len(in.Requests) != 1 || len(in.Subject.PendingConsents) != 1 {
			t.Errorf("%v after now: %+v", after, in.Subject)
		}
	}
	r.aliases = nil // the retention of the address is over
	r.known.ExpiresAt = time.Time{}
	if in := r.gathered(t, asked, "anna"); in.Subject.ID != "anna" || len(in.Subject.Addresses) != 0 {
		t.Errorf("%+v", in.Subject)
	}
}

// H01: the bundle for an unknown address contains the requests and nothing else.
func TestPromise_H01_TheUnknownHaveRequestsOnly(t *testing.T) {
	r, asked := everything()
	in := r.gathered(t, asked, "")
	for range in.Records {
		t.Error("there is a record")
	}
	if in.Consents != nil || in.Subject.ID != "" || len(in.Requests) != 1 || len(in.Subject.PendingConsents) != 1 {
		t.Errorf("%+v", in)
	}
}
