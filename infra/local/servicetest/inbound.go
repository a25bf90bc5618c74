package servicetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Vouched is what SES finds out about a mail whose sender's domain vouches for the sender.
var Vouched = inbound.Verdicts{Spam: inbound.Pass, Virus: inbound.Pass, SPF: inbound.Pass, DKIM: inbound.Pass, DMARC: inbound.Pass}

// Arrived keeps mails as they arrived, in memory. It implements [inbound.Mails].
type Arrived struct {
	Fails func(operation string) error // called for each operation ("get", "delete"); nil if all succeed
	mu    sync.Mutex
	mails map[string][]byte
}

// Put stores a mail.
func (a *Arrived) Put(key string, raw []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mails[key] = raw
}

// Keys lists the mails that are stored.
func (a *Arrived) Keys() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.mails))
}

// Get implements [inbound.Mails].
func (a *Arrived) Get(_ context.Context, key string) (io.ReadCloser, error) {
	if err := a.fails("get"); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	raw, ok := a.mails[key]
	if !ok {
		return nil, inbound.ErrGone
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// Delete implements [inbound.Mails].
func (a *Arrived) Delete(_ context.Context, key string) error {
	if err := a.fails("delete"); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.mails, key)
	return nil
}

// All implements [inbound.Mails].
func (a *Arrived) All(context.Context) iter.Seq2[retention.Object, error] {
	return func(yield func(retention.Object, error) bool) {
		for _, key := range a.Keys() {
			if !yield(retention.Object{Key: key}, nil) {
				return
			}
		}
	}
}

func (a *Arrived) fails(operation string) error {
	if a.Fails == nil {
		return nil
	}
	return a.Fails(operation)
}

// openInbound wires what takes mails in. Its mails are stored as JSON of what is read of them.
func (r *Rig) openInbound() {
	r.Arrived = &Arrived{mails: map[string][]byte{}}
	r.Inbox = &inbound.Receiver{
		Mails: r.Arrived, Register: r.Requests, Threads: links.Origin(Origin).RequestOf, Origin: Origin, HasSecret: links.Origin(Origin).HasSecret, Policy: r.policy, Now: r.Clock.Now,
		Read: func(raw io.Reader) (m inbound.Message) {
			if err := json.NewDecoder(raw).Decode(&m); err != nil {
				r.T.Error(err)
			}
			return m
		},
	}
}

// Arrives stores a mail and returns SES's report about it.
func (r *Rig) Arrives(m inbound.Message, found inbound.Verdicts) inbound.Arrival {
	r.T.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		r.T.Fatal(err)
	}
	r.arrivals++
	key := fmt.Sprintf("mail/%08d", r.arrivals)
	r.Arrived.Put(key, raw)
	return inbound.Arrival{Object: key, At: r.Clock.Now().UTC().Truncate(1e9), Verdicts: found}
}

// Writes has a mail taken in, which does all that is due about it, and returns the id of its request.
func (r *Rig) Writes(m inbound.Message, found inbound.Verdicts) (id string) {
	r.T.Helper()
	a := r.Arrives(m, found)
	if got, err := r.Inbox.Take(r.T.Context(), a); err != nil || got != inbound.Taken {
		r.T.Fatal(got, err)
	}
	r.Fulfil(inbound.ID(a.Object))
	return inbound.ID(a.Object)
}
