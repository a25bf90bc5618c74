package request

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

// StatusToken returns the token of the status link of a request, 256 bits that only the holder of the key can compute. So every mail about the
// request has the same link, until the links of the request are cut ([Cutter]), and nothing is stored for it. The link reads the state and
// withdraws, and does nothing else (threat T30).
func (r Request) StatusToken(key subject.Key) subject.Token {
	return subject.Token(base64.RawURLEncoding.EncodeToString(r.statusMAC(key)))
}

// StatusToken returns the token of the status link of a request whose links were never cut.
func StatusToken(key subject.Key, id string) subject.Token { return Request{ID: id}.StatusToken(key) }

func (r Request) statusMAC(key subject.Key) []byte {
	if r.CutAt.IsZero() {
		return key.MAC("status", r.ID)
	}
	return key.MAC("status", r.ID, r.CutAt.UTC().Format(time.RFC3339))
}

// Status returns the file that a status link opens, and ErrLink if it opens none.
func (q *Requester) Status(ctx context.Context, id string, token subject.Token) (File, error) {
	file, err := q.load(ctx, id)
	if err != nil {
		return File{}, err
	}
	if !q.opensStatus(file.Request, token) {
		return File{}, ErrLink
	}
	return file, nil
}

// opensStatus reports whether the token is that of the request, made with the key in use or with a retired one.
func (q *Requester) opensStatus(r Request, token subject.Token) bool {
	given, err := base64.RawURLEncoding.Strict().DecodeString(string(token))
	known := false
	for _, key := range append([]subject.Key{q.Tokens}, q.Retired...) {
		known = subject.Same(given, r.statusMAC(key)) || known
	}
	return err == nil && known
}

// Withdraw ends a request that has not been answered yet, for the holder of its status link.
func (q *Requester) Withdraw(ctx context.Context, id string, token subject.Token) (File, error) {
	return q.change(ctx, func() (File, error) { return q.Status(ctx, id, token) }, withdraw)
}
