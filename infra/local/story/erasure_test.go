package story

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// eva has her data erased. The words are in her records, and nowhere else.
const (
	eva     = "eva@example.org"
	surname = "Quillfeather"
	card    = "4711"
)

// plan is what GET /v1/requests/{id}/plan answers.
type plan struct {
	Hash, State     string
	CoolingOffHours float64
	ErasesAt        *time.Time
	Items           []struct {
		Kind, Title, Outcome, Ground, Law string
		Until                             *time.Time
		Count                             *int
	}
}

// of returns the outcome and the count of a kind.
func (p plan) of(kind string) (outcome string, count int) {
	for _, item := range p.Items {
		if item.Kind == kind && item.Count != nil {
			return item.Outcome, *item.Count
		} else if item.Kind == kind {
			return item.Outcome, -1
		}
	}
	return "", -1
}

// sends sends a record of Eva that occurred at the time given, and returns the outcome and the erasure that it names.
func (s *service) sends(t *testing.T, category, id string, occurred time.Time, data map[string]any) (outcome, erasure string) {
	t.Helper()
	body := map[string]any{"subject": map[string]string{"id": "c-eva", "email": eva}, "source": "direct", "occurredAt": occurred.UTC().Format(time.RFC3339Nano), "data": data}
	var answer struct{ Outcome, Erasure string }
	s.call(t, http.StatusOK, "PUT", "/v1/records/"+category+"/"+id, s.token(t, "records.write"), body, &answer)
	return answer.Outcome, answer.Erasure
}

var (
	hers    = map[string]any{"firstName": "Eva", "lastName": surname, "jobTitle": "Baker"}
	invoice = map[string]any{"invoiceNumber": "INV-EVA", "issuedAt": "2026-11-01T00:00:00Z", "currency": "EUR", "amount": "12.00", "status": "paid", "description": "Support", "cardLast4": card,
		"lines": []map[string]any{}}
)

// planned has Eva ask for her erasure, confirm it by the nth link, and open the link to the plan. It returns the number of the request, the session in
// which she may agree, and the plan.
func (s *service) planned(t *testing.T, nth int) (id string, session map[string]string, p plan) {
	t.Helper()
	id = s.rights(t, http.StatusAccepted, map[string]any{"right": "erasure", "email": eva})
	s.proves(t, nth, eva, nil)
	session, _ = s.opens(t, nth+1, eva, nil)
	if s.call(t, http.StatusOK, "GET", "/v1/requests/"+id+"/plan", session, nil, &p); p.State != "planned" || p.Hash == "" || p.ErasesAt != nil {
		t.Errorf("the plan: %+v", p)
	}
	for kind, want := range map[string]string{"identity": "erased", "transaction": "withheld", "consent_record": "withheld"} {
		if got, _ := p.of(kind); got != want {
			t.Errorf("%s is %q, not %q", kind, got, want)
		}
	}
	s.call(t, http.StatusConflict, "POST", "/v1/requests/"+id+"/confirm", session, map[string]string{"plan": strings.Repeat("0", 64)}, nil)
	s.call(t, http.StatusOK, "POST", "/v1/requests/"+id+"/confirm", session, map[string]string{"plan": p.Hash}, nil)
	return id, session, p
}

// follows returns the token of the link by which an erasure is followed and cancelled.
func (s *service) follows(t *testing.T, id string) map[string]string {
	t.Helper()
	_, token := parts(t, s.link(t, 1, eva, "/requests/"+id+"#", nil))
	return map[string]string{"Authorization": "Bearer " + token}
}

// erases has Eva's data erased: once she cancels it, and once it is carried out. Meanwhile and afterwards a company system sends records about her
// (promises H03, F02; threat T07; faults F26, F27). It returns the certificate.
func (s *service) erases(t *testing.T) (certificate string) {
	t.Helper()
	began := time.Now().Add(-time.Hour)
	for id, data := range map[string]map[string]any{"identity": hers, "transaction": invoice} {
		if outcome, _ := s.sends(t, id, "eva", began, data); outcome != "stored" {
			t.Fatalf("%s: %s", id, outcome)
		}
	}
	if s.holding(t, surname) == "" || s.holding(t, card) == "" {
		t.Error("the words are nowhere: this test looks in the wrong place")
	}

	s.rights(t, http.StatusAccepted, map[string]any{"right": "access", "email": eva})
	s.proves(t, 1, eva, nil)
	export := s.link(t, 1, eva, "/exports/", nil)
	if len(s.open(t, export)) == 0 || s.objects(t) != 1 {
		t.Error("the export is empty")
	}

	first, session, p := s.planned(t, 2)
	status := s.follows(t, first)
	wait(t, "the cooling off", time.Minute, func() bool {
		s.call(t, http.StatusOK, "GET", "/v1/requests/"+first+"/plan", status, nil, &p)
		return p.State == "cooling" && p.ErasesAt != nil
	})
	s.call(t, http.StatusConflict, "POST", "/v1/requests/"+first+"/confirm", session, map[string]string{"plan": p.Hash}, nil)
	s.call(t, http.StatusOK, "POST", "/v1/requests/"+first+"/withdraw", status, nil, nil)
	time.Sleep(time.Until(*p.ErasesAt))
	s.fire(t, "EraseSchedule", nil)
	if outcome, _ := s.sends(t, "identity", "eva", began, hers); outcome != "unchanged" {
		t.Errorf("after she cancelled it, her record is %s", outcome)
	}

	second, _, p := s.planned(t, 4)
	if outcome, count := p.of("identity"); outcome != "erased" || count != 1 {
		t.Errorf("%d records of identity are %s", count, outcome)
	}
	status = s.follows(t, second)
	wait(t, "the certificate", time.Minute, func() bool {
		s.fire(t, "EraseSchedule", nil)
		certificate = s.certificate(t, second, status)
		return certificate != ""
	})
	s.call(t, http.StatusConflict, "POST", "/v1/requests/"+second+"/withdraw", status, nil, nil)
	wait(t, "the mail with the certificate", time.Minute, func() bool {
		s.fire(t, "EraseSchedule", nil)
		return slices.ContainsFunc(s.mails(t, eva), func(m mail) bool { return strings.HasPrefix(m.Subject, "We have deleted your data") })
	})
	attempt, secret := parts(t, export)
	token, _, _ := strings.Cut(secret, ".")
	s.call(t, http.StatusNotFound, "POST", "/v1/downloads", nil, map[string]string{"export": attempt, "token": token}, nil)
	if left := s.objects(t); left != 0 {
		t.Errorf("%d objects are left in the bucket", left)
	}
	s.afterwards(t, second, began)
	return certificate
}

// certificate returns the certificate of an erasure, or "" while there is none.
func (s *service) certificate(t *testing.T, id string, status map[string]string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.origin+"/v1/requests/"+id+"/certificate", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", status["Authorization"])
	answer, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return ""
	}
	if kind := answer.Header.Get("Content-Type"); kind != "application/jose" {
		t.Errorf("a certificate of the type %q", kind)
	}
	return strings.TrimSpace(string(text))
}

// afterwards is the erased person's life afterwards: what is gone stays gone until the system that sends it has erased her too (fault F26).
func (s *service) afterwards(t *testing.T, erasure string, before time.Time) {
	t.Helper()
	if _, item := s.record(t, "identity#eva"); item != nil {
		t.Error("her name is still stored")
	}
	if _, item := s.record(t, "transaction#eva"); item == nil {
		t.Error("her invoice is gone, which the law asks for")
	}
	for _, word := range []string{surname, card} {
		if at := s.holding(t, word); at != "" {
			t.Errorf("%q is still in %s", word, at)
		}
	}
	for _, at := range []time.Time{before, time.Now()} {
		if outcome, named := s.sends(t, "identity", "eva", at, hers); outcome != "erased" || named != erasure {
			t.Errorf("her record of %v: %s, by the erasure %q", at, outcome, named)
		}
	}
	if outcome, _ := s.sends(t, "transaction", "eva", before, invoice); outcome != "stored" && outcome != "unchanged" {
		t.Errorf("her invoice, sent again: %s", outcome)
	}
	if at := s.holding(t, card); at != "" {
		t.Errorf("the number of her card came back into %s", at)
	}
	token := s.token(t, "records.write")
	s.call(t, http.StatusNotFound, "POST", "/v1/erasures/019ab2c4-7a10-7c3e-9d55-2f6b8a41c0df/acknowledge", token, nil, nil)
	for range 2 {
		s.call(t, http.StatusNoContent, "POST", "/v1/erasures/"+erasure+"/acknowledge", token, nil, nil)
	}
	if outcome, _ := s.sends(t, "identity", "eva", before, hers); outcome != "erased" {
		t.Errorf("her old record, after the system erased her too: %s", outcome)
	}
	if outcome, _ := s.sends(t, "identity", "eva-2", time.Now(), hers); outcome != "stored" {
		t.Errorf("a new record, after the system erased her too: %s", outcome)
	}
}

// holding returns the first table that holds a text anywhere, or "" if none does.
func (s *service) holding(t *testing.T, text string) string {
	t.Helper()
	client, tables := s.engine(t)
	for _, table := range tables {
		pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				if strings.Contains(readable(t, item), text) {
					return table
				}
			}
		}
	}
	return ""
}

// readable returns all attributes of an item as text. Data of a record may be compressed.
func readable(t *testing.T, item dynamo.Item) string {
	t.Helper()
	raw, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	data := dynamo.Blob(item, "data")
	if dynamo.Flag(item, "packed") {
		if data, err = io.ReadAll(flate.NewReader(bytes.NewReader(data))); err != nil {
			t.Fatal(err)
		}
	}
	return string(raw) + string(data)
}

// TestStory_AnErasureAndItsCertificate has somebody's data erased, from the request to the certificate, which ctl checks offline.
// Promise: F02, F07, H03. Threat: T06, T07. Fault: F26, F27.
func TestStory_AnErasureAndItsCertificate(t *testing.T) {
	s := start(t, t.TempDir(), "COOLING_OFF=3s")
	team := s.team(t)
	signed := s.erases(t)
	keys, dir := s.get(t, "/.well-known/jwks.json"), t.TempDir()
	file, set := filepath.Join(dir, "certificate.jws"), filepath.Join(dir, "jwks.json")
	for path, text := range map[string]string{file: signed, set: keys} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said := team.ran(t, "", "verify", file, "--jwks", set)
	for _, part := range []string{"identity", "transaction", "withheld", "erased"} {
		if !strings.Contains(said, part) {
			t.Errorf("ctl verify says %s, without %q", said, part)
		}
	}
	for _, personal := range []string{eva, surname, card, "c-eva"} {
		if strings.Contains(said, personal) {
			t.Errorf("the certificate names %q", personal)
		}
	}
	s.stop(t)
}

// get reads a document.
func (s *service) get(t *testing.T, path string) string {
	t.Helper()
	answer, err := s.client.Get(s.origin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", path, answer.StatusCode, err)
	}
	return string(text)
}

// objects returns how many objects the bucket has.
func (s *service) objects(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.data, "objects", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}
