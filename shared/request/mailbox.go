package request

import (
	"context"
	"errors"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Mailboxes knows under what a request is listed. The address itself is stored in no key.
type Mailboxes interface {
	// Mailbox returns the HMAC of the address.
	Mailbox(a subject.Address) string
}

// Listed is what is stored under an address besides records, in no order. What an id stands for may be gone.
type Listed struct {
	Requests []string // ids of rights requests
	Consents []string // ids of consents by address that wait for their button, or did until lately
}

// Besides reports whether anything but the request is listed.
func (l Listed) Besides(id string) bool {
	return len(l.Consents) > 0 || slices.ContainsFunc(l.Requests, func(other string) bool { return other != id })
}

// Files returns the files of the requests with these ids, oldest first. One whose retention is over is left out.
func Files(ctx context.Context, register Register, ids []string) ([]File, error) {
	var files []File
	for _, id := range ids {
		file, err := register.Load(ctx, id)
		if errors.Is(err, ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	slices.SortStableFunc(files, func(a, b File) int { return a.Request.ReceivedAt.Compare(b.Request.ReceivedAt) })
	return files, nil
}
