package bundle

import (
	"os"
	"fmt"
	"io"
	"iter"
	"syscall"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/export/exporttest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// many yields n records without storing them: transcripts, identities and invoices, oldest first, which is the worst order for the
// part that keeps the newest. It calls watch from time to time while the bundle is written.
func many(n int, watch func()) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range n {
			var r Record
			switch {
			case i < n/3:
				r = stored(privacy.Communication, fmt.Sprintf("chat-%09d", i), privacy.Direct, 1, fmt.Sprintf(
					`{"agent":"agent-%d","messages":[{"at":"2026-03-03T11:00:00Z","from":"subject","name":"Anna","text":"message %d of Justine"},{"at":"2026-03-03T11:00:01Z","from":"other","name":"Justine","text":"yes, %d"}]}`, i%50, i*7919%n, i*31%n))
			case i < 2*n/3:
				r = stored(privacy.Identity, fmt.Sprintf("id-%09d", i), privacy.Direct, 1, fmt.Sprintf(`{"firstName":"Anna %d","lastName":"Number %d"}`, i, i*7919%n))
			default:
				r = stored(privacy.Transaction, fmt.Sprintf("inv-%09d", i), privacy.Direct, 1, fmt.Sprintf(
					`{"amount":"%d.00","currency":"EUR","invoiceNumber":"INV-%d","lines":[{"description":"Seats","quantity":%d,"unitPrice":"12.50"}]}`, i*7919%n, i, i%90))
			}
			r.OccurredAt = at.Add(time.Duration(i) * time.Second)
			if watch != nil && i%(n/40+1) == 0 {
				watch()
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// sealed seals a bundle of n records and returns the memory that was in use at forty moments.
func sealed(t testing.TB, n int) *exporttest.Memory {
	t.Helper()
	memory := exporttest.NewMemory()
	w, _, err := Seal(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	in := input(privacy.Access, nil)
	in.Records = many(n, memory.Look)
	summary, err := Write(t.Context(), w, in)
	if err != nil || summary.Records != n {
		t.Fatalf("%d records of %d: %v", summary.Records, n, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	memory.Look()
	return memory
}

// Budget: an export uses at most 64 MiB, and with ten times the records at most 1.5 times as much.
func TestBudgetMemory(t *testing.T) {
	var smaller *exporttest.Memory
	sizes := soak.Pick([]int{1_000, 10_000}, []int{1_000, 10_000, 100_000}) // each ten times the previous one
	if os.Getenv("BENCH") == "true" {                                       // make bench has the time
		sizes = append(sizes, 1_000_000)
	}
	for _, n := range sizes {
		m := sealed(t, n)
		t.Logf("budget: export: memory at %d records | %d MiB | %d", n, m.Taken>>20, exporttest.Budget>>20)
		if m.Taken > exporttest.Budget {
			t.Errorf("%d records take %d MiB", n, m.Taken>>20)
		}
		if smaller != nil {
			t.Logf("budget: export: live memory at %d records (%d KiB) against a tenth | %.2f × | 1.5", n, m.Live>>10, m.Growth(smaller))
			if m.Growth(smaller) > 1.5 {
				t.Errorf("live memory grows: %d KiB at %d records, %d KiB at a tenth", m.Live>>10, n, smaller.Live>>10)
			}
		}
		smaller = m
	}
}

func TestTheSpoolOfTheNewestIsBounded(t *testing.T) {
	recent, err := newSpool()
	if err != nil {
		t.Fatal(err)
	}
	n := &newest{spool: recent}
	defer func() { n.spool.close() }()
	raw := make([]byte, 100<<10)
	for i := range 3000 {
		if err := n.offer(created.Add(time.Duration(i)*time.Second), i, append(raw, byte(i), byte(i>>8))); err != nil {
			t.Fatal(err)
		}
		if n.spool.size > 2*shown*int64(len(raw)+2)+int64(len(raw)+2) {
			t.Fatalf("the spool has %d bytes", n.spool.size)
		}
	}
	next := 2999
	err = n.each(func(got []byte) error {
		if tail := got[len(got)-2:]; int(tail[0])|int(tail[1])<<8 != next {
			t.Fatalf("record %d is not the next newest", next)
		}
		next--
		return nil
	})
	if err != nil || next != 2999-shown {
		t.Errorf("%d shown, %v", 2999-next, err)
	}
}

// A spool is rewritten from 64 MiB on, and only if half of it is outdated. Otherwise each new record would copy all the others.
func TestASpoolIsRewrittenOnceHalfOfItIsOutdated(t *testing.T) {
	for _, c := range []struct {
		size, live int64
		rewritten  bool
	}{
		{compactAt - 1, 1, false}, {compactAt, 1, true}, {compactAt, compactAt/2 - 1, true}, {compactAt, compactAt / 2, true},
		{compactAt, compactAt/2 + 1, false}, {compactAt, compactAt, false},
	} {
		full, err := newSpool()
		if err != nil {
			t.Fatal(err)
		}
		if err := full.file.Truncate(c.size); err != nil { // a sparse file, which takes no space
			t.Fatal(err)
		}
		full.size = c.size
		n := &newest{spool: full, heap: kept{{length: c.live - c.live/2}, {offset: c.size - c.live/2, length: c.live / 2}}}
		err = n.compact()
		if want := map[bool]int64{true: c.live, false: c.size}[c.rewritten]; err != nil || n.spool.size != want {
			t.Errorf("a spool of %d bytes, %d of them live, then has %d bytes, want %d: %v", c.size, c.live, n.spool.size, want, err)
		}
		n.spool.close()
	}
}

// BenchmarkSeal compares the CPU time of a bundle with and without its seal. It alternates between the two and takes the smallest
// time of each. Sealing may add 15 %.
func BenchmarkSeal(b *testing.B) {
	cpu := func(write func()) time.Duration {
		var before, after syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
		write()
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
		return time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	}
	bundle := func(w io.Writer) {
		in := input(privacy.Access, nil)
		in.Records = many(20_000, nil)
		if _, err := Write(b.Context(), w, in); err != nil {
			b.Fatal(err)
		}
	}
	open, sealed := time.Hour, time.Hour
	for range 8 {
		open = min(open, cpu(func() { bundle(io.Discard) }))
		sealed = min(sealed, cpu(func() {
			w, _, err := Seal(io.Discard)
			if err != nil {
				b.Fatal(err)
			}
			bundle(w)
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}))
	}
	ratio := float64(sealed) / float64(open)
	b.Logf("budget: export: CPU with the seal (%v, without %v) | %.2f × | 1.15", sealed, open, ratio)
	if ratio > 1.15 {
		b.Errorf("the seal multiplies the CPU time by %.2f", ratio)
	}
}
