package ses

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
)

// campaign is an account that keeps no mail and only counts events, as a simulation of a large campaign uses it.
func campaign(publishing Publishing) (account *Account, clock *testclock.Clock, events *atomic.Int64) {
	clock, events = testclock.New(noon), new(atomic.Int64)
	account = Open(Options{Sender: "privacy@example.com", Now: clock.Now, ConfigurationSet: "mails", Limits: Limits{PerSecond: 1e9, PerDay: 1e9},
		Sink: func([]byte) { events.Add(1) }, Publishing: publishing})
	return account, clock, events
}

// letter is a bulk call of a real letter's length to the people from first on.
func letter(first int) *sesv2.SendBulkEmailInput {
	to := make([]string, mostEntries)
	for i := range to {
		to[i] = fmt.Sprintf("p%d@example.org", first+i)
	}
	m := bulk(to...)
	m.DefaultContent.Template.TemplateContent.Html = aws.String(strings.Repeat("<p>We change our policy.", 400))
	m.DefaultContent.Template.TemplateContent.Text = aws.String(strings.Repeat("We change our policy.\n", 200))
	return m
}

// BenchmarkRecipient measures a recipient of a bulk call, with its two events: by calls of the handler itself, and by the SDK over HTTP.
func BenchmarkRecipient(b *testing.B) {
	b.Run("handler", func(b *testing.B) {
		account, _, events := campaign(Publishing{})
		body := asSent(b, letter(0))
		for i := 0; i < b.N; i += mostEntries {
			w := httptest.NewRecorder()
			account.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v2/email/outbound-bulk-emails", bytes.NewReader(body)))
			if w.Code != http.StatusOK {
				b.Fatal(w.Code, w.Body)
			}
		}
		report(b, events)
	})
	b.Run("wire", func(b *testing.B) {
		account, _, events := campaign(Publishing{})
		server := httptest.NewServer(account)
		b.Cleanup(server.Close)
		client := connect(b, server.URL)
		for i := 0; i < b.N; i += mostEntries {
			if _, err := client.SendBulkEmail(context.Background(), letter(i)); err != nil {
				b.Fatal(err)
			}
		}
		report(b, events)
	})
}

// asSent returns the body that the SDK sends for a call.
func asSent(b *testing.B, m *sesv2.SendBulkEmailInput) (body []byte) {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	if _, err := connect(b, server.URL).SendBulkEmail(context.Background(), m); err != nil {
		b.Fatal(err)
	}
	return body
}

// report adds the memory that is still in use and the events of a recipient to a benchmark.
func report(b *testing.B, events *atomic.Int64) {
	b.Helper()
	b.ReportMetric(inUse()/(1<<20), "MB-in-use")
	b.ReportMetric(float64(events.Load())/float64(b.N), "events/op")
}

// inUse returns the octets on the heap that are still in use.
func inUse() float64 {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return float64(memory.HeapAlloc)
}

// An account that keeps no mail needs the same memory after any number of mails, and what late events need is free once they are published.
func TestAnAccountNeedsNoMemoryForASentMail(t *testing.T) {
	for _, publishing := range []Publishing{{}, {Seconds: 60}} {
		account, clock, events := campaign(publishing)
		server := httptest.NewServer(account)
		client := connect(t, server.URL)
		send := func(calls int) float64 {
			for i := range calls {
				if _, err := client.SendBulkEmail(t.Context(), letter(i*mostEntries)); err != nil {
					t.Fatal(err)
				}
				clock.Advance(50 * time.Millisecond)
				account.Publish()
			}
			clock.Advance(time.Minute)
			account.Publish()
			return inUse()
		}
		before := send(40)
		after := send(160)
		if grown := (after - before) / (160 * mostEntries); grown > 50 || events.Load() != 2*200*mostEntries {
			t.Errorf("%+v: %.0f octets for a mail, %d events", publishing, grown, events.Load())
		}
		server.Close()
	}
}
