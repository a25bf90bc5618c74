package main

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"sort"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// letters are random, so that compression saves only a quarter of them.
var letters = func() string {
	random := rand.New(rand.NewPCG(2026, 11))
	text := make([]byte, 640<<10)
	for i := range text {
		text[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,"[random.IntN(54)]
	}
	return string(text)
}()

// chat returns a conversation of n letters, in messages as long as the policy allows.
func chat(n int) string {
	var messages []string
	for text := letters[:n]; text != ""; {
		part := text[:min(len(text), 100_000)]
		text = text[len(part):]
		messages = append(messages, `{"at":"2026-11-01T00:00:00Z","from":"subject","name":"Anna","text":"`+part+`"}`)
	}
	return `{"agent":"agent-1","channel":"live_chat","endedAt":"2026-11-01T00:10:00Z","messages":[` + strings.Join(messages, ",") + `],"startedAt":"2026-11-01T00:00:00Z"}`
}

// sized returns a conversation that takes exactly the given number of bytes in the table, where it is compressed.
func sized(t *testing.T, stored int) string {
	t.Helper()
	packed := func(n int) int {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.DefaultCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(chat(n))); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Len()
	}
	low := stored * 5 / 4
	n := low + sort.Search(len(letters)-low, func(i int) bool { return packed(low+i) >= stored })
	for ; packed(n) != stored; n++ { // a letter takes less than a byte, but sometimes the compressor begins a new table
		if n == len(letters) {
			t.Fatalf("no conversation takes %d bytes", stored)
		}
	}
	return chat(n)
}

// largest returns the size in the table of the largest record's data, in bytes.
func (s *rig) largest(t *testing.T) (size int) {
	t.Helper()
	for _, item := range s.Scan("RecordsTable") {
		size = max(size, len(dynamo.Blob(item, "data")))
	}
	return size
}

// F13: a record of up to 380 KB in the table is stored. One byte more is refused, and so is a record above DynamoDB's own limit of 400 KB. A
// refusal names the field, and the older record and the other lines are not lost.
func TestFault_F13_ARecordAtTheLimit(t *testing.T) {
	const small = `{"agent":"a","channel":"live_chat","endedAt":"2026-11-01T00:10:00Z","messages":[],"startedAt":"2026-11-01T00:00:00Z"}`
	for size, fits := range map[int]bool{380 << 10: true, 380<<10 + 1: false, 399 << 10: false, 400 << 10: false, 401 << 10: false} {
		s, data := newRig(t), sized(t, size)
		s.put(t, "communication", "one", anna, "2026-10-01T00:00:00Z", small)
		code, body := s.call(t, "PUT", "/v1/records/communication/one", "application/json",
			`{"subject":{"email":"`+anna+`"},"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":`+data+`}`)
		stored, want := s.stored(t, anna), small
		if fits {
			want = data
			if stored := s.largest(t); stored != size {
				t.Errorf("what should take %d bytes takes %d", size, stored)
			}
		}
		if fits != (code == http.StatusOK) || !fits && (code != http.StatusRequestEntityTooLarge || !strings.Contains(body, `"pointer":"/data"`)) {
			t.Errorf("%d bytes: %d %s", size, code, body)
		}
		if len(stored) != 1 || string(stored[0].Data) != want {
			t.Errorf("%d bytes: %d stored, the first has %d bytes", size, len(stored), len(stored[0].Data))
		}
		s = newRig(t) // without the record
		lines := s.lines(t, ndjson("communication", "before", anna, "2026-11-01T00:00:00Z", small)+
			ndjson("communication", "one", anna, "2026-11-01T00:00:00Z", data)+ndjson("communication", "zero", anna, "2026-11-01T00:00:00Z", small))
		got, _ := json.Marshal(lines[1].Error)
		if wanted := `{"title":"Request Entity Too Large","detail":"The record is too large to store.","errors":[{"pointer":"/data","detail":"must be at most 380 KB as stored, which is compressed if that is smaller"}],"retryable":false}`; !fits && string(got) != wanted {
			t.Errorf("%d bytes, in a line: %s", size, got)
		}
		if n := len(s.stored(t, anna)); lines[0].Error != nil || lines[2].Error != nil || fits != (lines[1].Error == nil) || fits != (n == 3) || !fits && n != 2 {
			t.Errorf("%d bytes: lines %+v, %d stored", size, lines, n)
		}
	}
}
