package export

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/request"
)

// Erased ends exports of data that is erased (GDPR Art. 17; promise H03).
type Erased struct{}

// Revoke returns the attempts that change so that no link opens an export of the request any more, and none is made.
func (Erased) Revoke(file request.File, now time.Time) []request.Item {
	r := file.Request
	items, _ := Cuts{}.Cut(&r, file, false, now)
	return items
}

// Left returns the keys of the objects that revoked attempts have left, and the attempts without them. An attempt that is being made keeps the name of
// its object, which its run deletes, or the run after its lease.
func (Erased) Left(file request.File, now time.Time) (keys []string, without []request.Item) {
	for _, a := range Of(file) {
		if a.Object == "" {
			continue
		}
		keys = append(keys, a.Object)
		if a.NextAt.After(now) {
			continue
		}
		a.Object, a.NextAt = "", time.Time{}
		without = append(without, a)
	}
	return keys, without
}

// Count returns how many objects are stored of the exports of a request.
func (Erased) Count(file request.File, now time.Time) (n int) {
	for _, a := range Of(file) {
		if a.Object != "" && (a.OpenUntil.IsZero() || a.OpenUntil.After(now)) {
			n++
		}
	}
	return n
}
