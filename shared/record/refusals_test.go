package record

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestPromise_D04_TheFieldIsNamedAndTheNumberIsNot(t *testing.T) {
	const card = "4111 1111 1111 1111"
	for pointer, d := range map[string]Draft{
		"/data/description":         draft(privacy.Transaction, strings.Replace(examples[privacy.Transaction], "Seats", card, 1)),
		"/data/lines/0/description": draft(privacy.Transaction, strings.Replace(examples[privacy.Transaction], `"Seat"`, `"`+card+`"`, 1)),
		"/data/lines/0/quantity":    draft(privacy.Transaction, strings.Replace(examples[privacy.Transaction], `"quantity":3`, `"quantity":4111111111111111`, 1)),
		"/data/messages/0/text":     draft(privacy.Communication, strings.Replace(examples[privacy.Communication], "Hello", "my card is "+card, 1)),
		"/data/interests/0":         draft(privacy.Marketing, strings.Replace(examples[privacy.Marketing], "chat", card, 1)),
	} {
		refusedUnseen(t, pointer, d, "4111", "1111")
	}
	d := draft(privacy.Identity, examples[privacy.Identity])
	d.ID = "4111111111111111"
	refusedUnseen(t, "/id", d, "4111", "1111")
	d.ID = "inv.4111_1111_1111_1111~12-27"
	refusedUnseen(t, "/id", d, "4111", "1111")
	for _, email := range []string{"4111111111111111@example.org", "anna+4111.1111.1111.1111@example.org", "visa-4111-1111-1111-1111-123@example.org"} {
		d := draft(privacy.Identity, examples[privacy.Identity])
		d.Subject = named("", email)
		refusedUnseen(t, "/subject/email", d, "4111", "1111")
	}
	for _, id := range []string{"4111111111111111", "customer-4111.1111.1111.1111"} {
		d := draft(privacy.Identity, examples[privacy.Identity])
		d.Subject = named(id, "anna@example.org")
		refusedUnseen(t, "/subject/id", d, "4111", "1111")
	}
}

// T28: no text of any field of any category holds a card number, in whatever form, and none is repeated.
func TestThreat_T28_NoFieldHoldsACardNumber(t *testing.T) {
	for _, category := range privacy.Categories {
		for _, text := range []string{"4111 1111 1111 1111 12/27", "Visa-4111.1111.1111.1111", "٤١١١ ١١١١ ١١١١ ١١١١", "411111111111.1111", "Nr.4111111111111111@example.org"} {
			leaves := 0
			inEachText(jsontext.Value(examples[category]), "/data", string(quoted(text)), func(pointer, data string) {
				leaves++
				refusedUnseen(t, pointer, draft(category, data), "4111", "1111", "١١١١")
			})
			if leaves < 3 {
				t.Errorf("%s has %d texts", category, leaves)
			}
		}
	}
}

func quoted(s string) []byte {
	text, _ := json.Marshal(s)
	return text
}

// inEachText calls try with the JSON, once for each text in it, with another in its place.
func inEachText(value jsontext.Value, pointer, other string, try func(pointer, data string)) {
	switch value.Kind() {
	case '"':
		try(pointer, other)
	case '{':
		var members map[string]jsontext.Value
		_ = json.Unmarshal(value, &members)
		for name, member := range members {
			inEachText(member, pointer+"/"+name, other, func(at, data string) {
				whole := maps.Clone(members)
				whole[name] = jsontext.Value(data)
				text, _ := json.Marshal(whole)
				try(at, string(text))
			})
		}
	case '[':
		var elements []jsontext.Value
		_ = json.Unmarshal(value, &elements)
		for i, element := range elements {
			inEachText(element, pointer+"/"+strconv.Itoa(i), other, func(at, data string) {
				whole := slices.Clone(elements)
				whole[i] = jsontext.Value(data)
				text, _ := json.Marshal(whole)
				try(at, string(text))
			})
		}
	}
}

func TestPromise_G01_PasswordsAreStrongHashes(t *testing.T) {
	for _, c := range []struct {
		name, password string
		ok             bool
	}{
		{"plain text", "correct horse battery staple", false},
		{"md5", "5f4dcc3b5aa765d61d8327deb882cf99", false},
		{"bcrypt 10", strings.Replace(hash12, "$12$", "$10$", 1), false},
		{"bcrypt 11", strings.Replace(hash12, "$12$", "$11$", 1), false},
		{"bcrypt 32", strings.Replace(hash12, "$12$", "$32$", 1), false},
		{"argon2", "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG", false},
		{"scrypt", "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D", false},
		{"one character short", hash12[:59], false},
		{"one character more", hash12 + "a", false},
		{"old version", strings.Replace(hash12, "$2b$", "$2$", 1), false},
		{"crypt_blowfish's bug", strings.Replace(hash12, "$2b$", "$2x$", 1), false},
		{"bcrypt 12", hash12, true},
		{"bcrypt 12, a", strings.Replace(hash12, "$2b$", "$2a$", 1), true},
		{"bcrypt 14, y", strings.Replace(strings.Replace(hash12, "$2b$", "$2y$", 1), "$12$", "$14$", 1), true},
	} {
		d := draft(privacy.Account, strings.Replace(examples[privacy.Account], hash12, c.password, 1))
		if c.ok {
			if at := pointers(t, d); at != nil {
				t.Errorf("%s: refused at %v", c.name, at)
			}
			continue
		}
		refusedUnseen(t, "/data/passwordHash", d, c.password)
	}
}

// refusedUnseen expects a refusal that names the field and repeats none of the words.
func refusedUnseen(t *testing.T, pointer string, d Draft, words ...string) {
	t.Helper()
	_, err := Check(policy.Newest(), d, now)
	known, ok := errors.AsType[*fault.Error](err)
	if !ok || known.Kind != fault.Unacceptable {
		t.Errorf("%s: not refused: %v", pointer, err)
		return
	}
	if !slices.ContainsFunc(known.Fields, func(f fault.Field) bool { return f.Pointer == pointer }) {
		t.Errorf("refused at %v, not at %s", known.Fields, pointer)
	}
	for _, w := range words {
		if strings.Contains(err.Error(), w) {
			t.Errorf("%s: the error repeats what was sent", pointer)
		}
	}
}

// F10: a time far ahead, such as a system's "open end", would start a retention period that never ends. The year 1, which many systems write
// for "none", would start none.
func TestFault_F10_NoTimeFarOff(t *testing.T) {
	for name, row := range map[string]struct {
		category, data, pointer string
	}{
		"an open end":        {"account", `{"username":"a","passwordHash":"` + hash12 + `","status":"active","contractStartedAt":"2025-01-01T00:00:00Z","contractEndedAt":"9999-12-31T00:00:00Z"}`, "/data/contractEndedAt"},
		"a log of next age":  {"security_log", `{"at":"2226-01-01T00:00:00Z","event":"login","ip":"203.0.113.9","userAgent":"x","sessionId":"s"}`, "/data/at"},
		"no day":             {"transaction", strings.Replace(examples[privacy.Transaction], "2026-01-01", "0001-01-01", 1), "/data/issuedAt"},
		"counts of no day":   {"analytics", strings.Replace(examples[privacy.Analytics], "2026-11-01", "0001-01-01", 1), "/data/day"},
		"no end":             {"account", strings.Replace(examples[privacy.Account], `}`, `,"contractEndedAt":"0001-01-01T01:00:00+01:00"}`, 1), "/data/contractEndedAt"},
		"counts of some day": {"analytics", `{"day":"9999-12-31","page":"/","country":"GB","browser":"Firefox","referrerHost":"","count":12}`, "/data/day"},
	} {
		d := draft(privacy.Category(row.category), row.data)
		d.OccurredAt = now.Format(time.RFC3339)
		if got := pointers(t, d); len(got) != 1 || got[0] != row.pointer {
			t.Errorf("%s: %v", name, got)
		}
	}
}
