package gather

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
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
	r.waiting["c"] = mailbox.Confirmation{Act: consent.Act{Language: "canary-language"}, Client: "canary-client"}
	shown, err := json.Marshal(r.gathered(t, asked, "anna").Subject)
	if err != nil || strings.Contains(string(shown), "canary-language") || strings.Contains(string(shown), "canary-client") {
		t.Errorf("%s, %v", shown, err)
	}
}

// H01: what is stored about the links to the address is shown: when each was mailed and opened, the open pages, and what no mail has told yet. No
// secret is shown: neither the hashes of the links nor the HMAC of the address, nor the number that ends sessions (threats T04, T11).
func TestPromise_H01_TheLinksOfTheMailboxAreThere(t *testing.T) {
	r, asked := everything()
	r.boxes["mac"] = mailbox.Mailbox{
		ID: "mac", Version: 3, Address: "Anna@example.org", Subject: "anna", Generation: 7411, SessionsEnd: now.Add(time.Hour), ExpiresAt: now.AddDate(0, 0, 7), Minted: 4, Receipts: 2,
		Links: []mailbox.Link{
			{N: 3, Hash: []byte("canary-hash"), MintedAt: now.Add(-time.Hour), Left: true, OpenedAt: now.Add(-time.Minute), Openings: 2}, {N: 4, Hash: []byte("canary-hash"), MintedAt: now},
		},
		Mailed: mailbox.Day{On: now.Truncate(24 * time.Hour), Counts: map[mailbox.Reason]int{mailbox.ForRequests: 2, mailbox.ForHolder: 1}},
		Acts: []mailbox.Act{
			{Kind: mailbox.Confirmed, Request: "r", Right: privacy.Access, DueAt: now.AddDate(0, 0, 30), TimeZone: "Europe/London", At: now},
			{Kind: mailbox.Decided, Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied}, At: now},
		},
	}
	r.boxes["other"] = mailbox.Mailbox{Address: "berta@example.org"}
	want := &bundle.Mailbox{
		Address: "Anna@example.org", LinksMailed: 4, Receipts: 2, MailedOn: now.Truncate(24 * time.Hour), MailedThen: 3, SessionUntil: now.Add(time.Hour), KeptUntil: now.AddDate(0, 0, 7),
		Links: []bundle.Link{{MailedAt: now.Add(-time.Hour), Accepted: true, OpenedAt: now.Add(-time.Minute), Openings: 2}, {MailedAt: now}},
		Untold: []bundle.Act{
			{At: now, Kind: "confirmed", Request: "r", Right: privacy.Access, DueAt: now.AddDate(0, 0, 30), TimeZone: "Europe/London", Choices: map[privacy.Purpose]string{}},
			{At: now, Kind: "decided", Choices: map[privacy.Purpose]string{privacy.MarketingEmail: "denied"}},
		},
	}
	if got := r.gathered(t, asked, "anna").Subject.Mailbox; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\n not %+v", got, want)
	}
	shown := string(r.unpacked(t, asked, "anna")["subject.json"])
	for _, secret := range []string{"canary-hash", base64.StdEncoding.EncodeToString([]byte("canary-hash")), `"mac"`, "7411", "berta"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is shown: %s", secret, shown)
		}
	}
	delete(r.boxes, "mac")
	if in := r.gathered(t, asked, "anna"); in.Subject.Mailbox != nil {
		t.Errorf("nothing is stored, and shown is %+v", in.Subject.Mailbox)
	}
}

// H01: how often somebody asked for the same again is shown, of a request and of a consent that waits.
func TestPromise_H01_RepetitionsAreShown(t *testing.T) {
	r, asked := everything()
	file := r.files["r"]
	file.Request.Repeats, file.Request.RepeatedAt = 4, now.Add(-time.Hour)
	r.files["r"] = file
	r.waiting["c"] = mailbox.Confirmation{Repeats: 5, RepeatedAt: now.Add(-time.Minute)}
	in := r.gathered(t, asked, "anna")
	if got := in.Requests[0]; got.Repeats != 4 || !got.RepeatedAt.Equal(now.Add(-time.Hour)) {
		t.Errorf("%+v", got)
	}
	if got := in.Subject.PendingConsents[0]; got.Repeats != 5 || !got.RepeatedAt.Equal(now.Add(-time.Minute)) {
		t.Errorf("%+v", got)
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

// H01: the bundle for an unknown address contains what came by the address and what was mailed to it, and nothing else.
func TestPromise_H01_TheUnknownHaveWhatCameByTheAddress(t *testing.T) {
	r, asked := everything()
	in := r.gathered(t, asked, "")
	for range in.Records {
		t.Error("there is a record")
	}
	if in.Consents != nil || in.Subject.ID != "" || len(in.Requests) != 1 || len(in.Subject.PendingConsents) != 1 || in.Subject.Mailbox == nil {
		t.Errorf("%+v", in)
	}
}
