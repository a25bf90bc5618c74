package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// H01: the answer to an access request contains everything stored about a person in any table, and nothing about anybody else.
func TestPromise_H01_EverythingStoredIsInTheAnswer(t *testing.T) {
	enginetest.BothTTLs(t, everythingStored)
}

func everythingStored(t *testing.T) {
	r := newRig(t)
	r.customer("berta-canary")
	file := r.limited(r.customer("anna-canary"))
	r.Tables.TTL(t, r.Clock.Now())
	files := r.unpacked(file)
	all := string(bytes.Join([][]byte{files["requests.json"], files["subject.json"], files["consents.json"], files["index.html"], files["data/account.json"]}, nil))
	for _, want := range []string{"anna-canary first", "anna-canary current", "anna-canary-user", `"anna-canary@example.org"`, "Anna-canary@EXAMPLE.org"} {
		if !strings.Contains(all, want) {
			t.Errorf("the answer lacks %q", want)
		}
	}
	for name, content := range files {
		for _, banned := range []string{"berta", "Berta", "anna-canary lapsed", "anna-canary stranger", "x-anna-canary", "en-x-canary", "anna-canary-client"} {
			if bytes.Contains(content, []byte(banned)) {
				t.Errorf("%s holds %q", name, banned)
			}
		}
	}
	for _, name := range []string{"requests", "subject", "manifest"} {
		schema := must(t, func() (*jsonschema.Schema, error) {
			return jsonschema.NewCompiler().Compile(filepath.Join(engine.Root(), "shared/export/bundle/schema", name+".schema.json"))
		})
		document := must(t, func() (any, error) { return jsonschema.UnmarshalJSON(bytes.NewReader(files[name+".json"])) })
		if err := schema.Validate(document); err != nil {
			t.Error(err)
		}
	}
	r.inventory(files, file.Request.Mailbox)
	r.inventoryOfSubject(files, "sids", "spelling", "limits", "contract", "endedAt", "since", "primary", "aliases", dynamo.ExpiresAt)
}

// unshown are the attributes of the Requests table that no bundle shows, and why.
var unshown = map[string]string{
	"PK": "key", "SK": "key", "v": "version", "op": "version", "act": "version", "work": "work", "open": "work", "nextAt": "work", "step": "work", "linkAt": "work", "receiptAt": "work", "wanted": "work",
	"waitingFor": "computed from the state", "on": "ids of somebody else, too", "extensionBy": "who of the team", "extensionByKind": "who of the team",
	"resultBy": "who of the team", "resultByKind": "who of the team",
	"cutAt": "part of the tokens of links", "doubt": "as the addresses of subject.json say", "formerly": "as subject.json says", "shared": "ids of somebody else",
	"events": "count of the history", "exports": "count of the exports", "mailed": "mailedThen is its sum", "generation": "number of the sessions, which are in the browsers",
	"sure":    "messages say which of them are hidden",
	"mailbox": "HMAC", "client": "HMAC", "hash": "hash of a token", "tokenHash": "hash of a token",
	"object": "name of an object", "lang": "a stranger may have written it; consents.json has it once it counts",
}

// inventory compares every attribute that is stored about the mailbox with the bundle. Each must be in a file, unless it is one of the unshown
// attributes, which must be in no file.
func (r *rig) inventory(files map[string][]byte, mailbox string) {
	t := r.T
	t.Helper()
	listed := must(t, func() (request.Listed, error) { return r.Requests.Listed(t.Context(), mailbox) })
	if len(listed.Requests) != 4 || len(listed.Consents) != 1 {
		t.Errorf("listed %+v", listed)
	}
	shown, everything := string(files["requests.json"])+string(files["subject.json"]), string(bytes.Join(slices.Collect(maps.Values(files)), nil))
	unconfirmed, seen := map[string]bool{}, map[string]bool{}
	for _, item := range r.Scan("RequestsTable") {
		if dynamo.Text(item, dynamo.SK) == "REQUEST" && item["verifiedAt"] == nil {
			unconfirmed[dynamo.Text(item, dynamo.PK)] = true
		}
	}
	for _, item := range r.Scan("RequestsTable") {
		pk, sk := dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK)
		if !slices.Contains(listed.Requests, strings.TrimPrefix(pk, "r#")) && !slices.Contains(listed.Consents, strings.TrimPrefix(pk, "c#")) && pk != "m#"+mailbox {
			for name, value := range fields(item) {
				if name != "language" && strings.Contains(strings.ToLower(strings.Join(texts(name, value), " ")), "anna") {
					t.Errorf("%s is about the person, and nothing leads to it: %s", pk, name)
				}
			}
			continue
		}
		for name, value := range fields(item) {
			seen[name] = true
			hidden := unshown[name] != "" || unconfirmed[pk] && (name == "details" || name == "language") || slices.Contains(texts(name, value), "anna-canary stranger") ||
				name == dynamo.ExpiresAt && sk != "REQUEST" && sk != "CONSENT" && sk != "MAILBOX" || sk == "CONSENT" && name == "subject"
			for _, text := range texts(name, value) {
				secret := strings.Contains(unshown[name], "hash") || unshown[name] == "HMAC" || name == "object"
				if !hidden && !strings.Contains(shown, text) {
					t.Errorf("%s: %s %q is stored and in no file", sk, name, text)
				}
				if secret && text != "" && strings.Contains(everything, text) {
					t.Errorf("%s: %s is in the bundle", sk, name)
				}
			}
		}
	}
	for _, name := range []string{"hash", "opened", "openings", "sessionsEnd", "mailed", "day", "kind", "dueAt", "repeats", "repeatedAt", "client", "open", "waitingFor", "on", "scope",
		"declared", "ground", "child", "agentName", "agentEmail", "agentRelation", "purposes", "categories", "unproven", "remindedAt", "extensionReason", "extensionBy", "extendedAt", "extensionSent",
		"result", "resultReason", "resultBy", "decidedAt", "text", "sure", "cut", "attachments", "about"} {
		if !seen[name] {
			t.Errorf("nothing is stored in %s, so this test does not show what becomes of it", name)
		}
	}
}

// fields yields the attributes of an item, and those of the items of its lists.
func fields(item dynamo.Item) iter.Seq2[string, types.AttributeValue] {
	return func(yield func(string, types.AttributeValue) bool) {
		for name, value := range item {
			list, _ := value.(*types.AttributeValueMemberL)
			if list == nil || len(list.Value) == 0 {
				if !yield(name, value) {
					return
				}
				continue
			}
			for _, one := range list.Value {
				inner, ok := one.(*types.AttributeValueMemberM)
				if !ok {
					inner = &types.AttributeValueMemberM{Value: dynamo.Item{name: one}}
				}
				for name, value := range inner.Value {
					if !yield(name, value) {
						return
					}
				}
			}
		}
	}
}

// unshownOfSubject are the attributes of the Subjects table that no bundle shows, and why.
var unshownOfSubject = map[string]string{
	"PK": "key", "SK": "key", "version": "version", "accounts": "version", "proofVersion": "version", "aliases": "HMAC", "primary": "HMAC",
	"people": "part of an index, computed from the id", "accountData": "computed from the records", "endless": "computed from the records",
	"detachedAt": "may be about somebody else, who had the address before", "from": "may be somebody else, who had the address before", "doubtUntil": "may be about somebody else",
	"left": "HMAC", "unconsented": "computed from the records", "latest": "computed from the records and consents", "proofUntil": "computed from the consents",
}

// inventoryOfSubject compares every attribute that is stored about the data subject with subject.json, like inventory. The named ones must be
// stored.
func (r *rig) inventoryOfSubject(files map[string][]byte, stored ...string) {
	t := r.T
	t.Helper()
	var who struct{ ID string }
	if err := json.Unmarshal(files["subject.json"], &who); err != nil || who.ID == "" {
		t.Fatal(err, who)
	}
	seen, everything := map[string]bool{}, string(bytes.Join(slices.Collect(maps.Values(files)), nil))
	for _, item := range r.Scan("SubjectsTable") {
		if dynamo.Text(item, dynamo.PK) != "s#"+who.ID && !slices.Contains(texts("sids", item["sids"]), who.ID) {
			continue
		}
		for name, value := range item {
			seen[name] = true
			for _, text := range texts(name, value) {
				if unshownOfSubject[name] == "" && !bytes.Contains(files["subject.json"], []byte(text)) {
					t.Errorf("%s %q is stored and not in subject.json", name, text)
				}
				if unshownOfSubject[name] == "HMAC" && strings.Contains(everything, text) {
					t.Errorf("%s is in the bundle", name)
				}
			}
		}
	}
	for _, name := range stored {
		if !seen[name] {
			t.Errorf("nothing is stored in %s, so this test does not show that it is in the bundle", name)
		}
	}
}

// texts returns every form in which an attribute could be in a JSON document.
func texts(name string, value types.AttributeValue) (all []string) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		if name == "limits" {
			return leaves(v.Value)
		}
		return []string{v.Value}
	case *types.AttributeValueMemberN:
		if strings.HasSuffix(name, "At") || name == "sessionsEnd" || name == "opened" || name == "day" || name == "extensionSent" || name == "since" || name == "at" || name == "openUntil" || name == "downloads" {
			return []string{dynamo.Time(dynamo.Item{"n": v}, "n").Format(time.RFC3339)}
		}
		return []string{v.Value}
	case *types.AttributeValueMemberB:
		return []string{base64.StdEncoding.EncodeToString(v.Value), base64.RawURLEncoding.EncodeToString(v.Value), hex.EncodeToString(v.Value)}
	case *types.AttributeValueMemberSS:
		if name != "formerly" {
			return v.Value
		}
		for _, one := range v.Value { // an id and a time
			id, at, _ := strings.Cut(one, " ")
			all = append(append(all, id), texts("at", &types.AttributeValueMemberN{Value: at})...)
		}
	case *types.AttributeValueMemberBS:
		for _, b := range v.Value {
			all = append(all, texts(name, &types.AttributeValueMemberB{Value: b})...)
		}
	case *types.AttributeValueMemberL:
		for _, one := range v.Value {
			all = append(all, texts(name, one)...)
		}
	case *types.AttributeValueMemberM:
		for key, one := range v.Value {
			all = append(append(all, key), texts(name, one)...)
		}
	}
	return all
}

// H01: the documents of a bundle agree with the tables.
func TestPromise_H01_TheAnswerSaysWhatIsOnRecord(t *testing.T) {
	r := newRig(t)
	file := r.customer("anna-canary")
	files := r.unpacked(file)
	var who struct {
		Contract, Marketing        string
		ContractEndedAt, KeptUntil time.Time
		Addresses                  []struct{ Typed bool }
		PendingConsents            []struct {
			Choices map[string]string
			GPC     bool
			Repeats int
		}
		Mailbox struct {
			Address string
			Links   []struct {
				MailedAt time.Time
				Accepted bool
				OpenedAt time.Time
				Openings int
			}
			LinksMailed, MailedThen int
			SessionUntil, KeptUntil time.Time
			Untold                  []struct {
				Kind, Right string
				Request     string
			}
		}
	}
	if err := json.Unmarshal(files["subject.json"], &who); err != nil {
		t.Fatal(err)
	}
	if who.Contract != "ended" || who.ContractEndedAt.IsZero() || who.KeptUntil.Before(who.ContractEndedAt.AddDate(2, 0, 0)) || len(who.Addresses) != 1 || who.Addresses[0].Typed ||
		len(who.PendingConsents) != 1 || !who.PendingConsents[0].GPC || who.PendingConsents[0].Choices["testimonials"] != "denied" || who.PendingConsents[0].Repeats != 1 {
		t.Errorf("%s", files["subject.json"])
	}
	box := who.Mailbox
	if last := box.Links[len(box.Links)-1]; last.Openings != 1 || !last.Accepted || !last.OpenedAt.Equal(r.Clock.Now()) || !last.MailedAt.Equal(r.Clock.Now().Add(-time.Minute)) ||
		!box.SessionUntil.Equal(r.Clock.Now().Add(time.Hour)) || !box.KeptUntil.After(r.Clock.Now().Add(6*24*time.Hour)) || box.Address != "Anna-canary@EXAMPLE.org" {
		t.Errorf("%+v", box)
	}
	if told := box.Untold[len(box.Untold)-1]; told.Kind != "confirmed" || told.Right != "access" || told.Request != file.Request.ID {
		t.Errorf("%+v", box.Untold)
	}
	var asked []struct {
		State                 string
		Confirmed, HasDetails bool
		Repeats               int
		Exports               []struct{ Downloads []time.Time }
	}
	if err := json.Unmarshal(files["requests.json"], &asked); err != nil || len(asked) != 4 {
		t.Fatalf("%v %s", err, files["requests.json"])
	}
	for i, want := range []struct {
		state                 string
		confirmed, hasDetails bool
		repeats               int
	}{{"fulfilled", true, true, 0}, {"lapsed", false, false, 0}, {"verifying", false, true, 2}, {"fulfilling", true, true, 0}} {
		if asked[i].State != want.state || asked[i].Repeats != want.repeats || asked[i].Confirmed != want.confirmed || asked[i].HasDetails != want.hasDetails {
			t.Errorf("request %d is %+v", i, asked[i])
		}
	}
	if len(asked[0].Exports) != 1 || len(asked[0].Exports[0].Downloads) != 1 {
		t.Errorf("the download of the first is not shown: %+v", asked[0])
	}
	file.Request.Right = privacy.Portability
	if files := r.unpacked(file); files["requests.json"] != nil || files["subject.json"] != nil {
		t.Error("an answer to portability contains requests")
	}
	r.Clock.Set(who.KeptUntil) // the retention of the address ends
	if files := r.unpacked(file); strings.Contains(string(files["index.html"]), "anna-canary@example.org") {
		t.Error("an expired address is shown")
	}
}

// H01: an unknown person who asked before gets the earlier requests. One who never asked is told that nothing is stored.
func TestPromise_H01_TheUnknownGetTheirRequests(t *testing.T) {
	r := newRig(t)
	r.confirmed(request.Filing{Right: privacy.Access, Email: "nobody@example.org", Details: "first canary"})
	if r.nothing() != 1 {
		t.Fatalf("%d mails about no records", r.nothing())
	}
	second := r.confirmed(request.Filing{Right: privacy.Access, Email: "NOBODY@example.org", Details: "second canary"})
	file := r.Load(second)
	files := r.unpacked(file)
	for want, name := range map[string]string{"first canary": "requests.json", "second canary": "requests.json", "nobody@example.org": "subject.json", "NOBODY@example.org": "subject.json"} {
		if !bytes.Contains(files[name], []byte(want)) || !bytes.Contains(files["index.html"], []byte(want)) {
			t.Errorf("the answer lacks %q", want)
		}
	}
	if r.nothing() != 1 || string(files["consents.json"]) != "[]\n" || string(files["data/account.json"]) != "[\n]\n" {
		t.Errorf("%d mails about no records, %s", r.nothing(), files["consents.json"])
	}
}

// F20: no bundle is made if the consents, requests or addresses of the person cannot be read.
func TestFault_F20_RequestsThatCannotBeRead(t *testing.T) {
	r := newRig(t)
	file := r.customer("anna-canary")
	for _, broken := range []string{"RequestsTable", "SubjectsTable"} {
		r.breaks(broken)
		e := export.Of(file)[0]
		e.Object = "exports/x"
		if _, identity, err := r.sealer.Seal(t.Context(), file.Request, e); err == nil || identity != "" {
			t.Errorf("without %s: %v", broken, err)
		}
	}
}
