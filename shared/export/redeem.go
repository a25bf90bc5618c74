package export

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Uses is how often one export can be downloaded.
const Uses = 10

// URLLife is how long the URL of one click works (threat T12, fault F21).
const URLLife = 300 * time.Second

// UsesLeft returns how often the export can still be downloaded while it is open.
func (a Attempt) UsesLeft() int { return Uses - len(a.Downloads) }

const useExport = "export" // what the token is for; its hash is bound to this use and to the export that it opens (threat T06)

// Redeem counts one use of an export's link and returns the attempt. A wrong, expired or used-up link, and a link of a withdrawn request,
// all get the same fault.NotFound (threat T11).
func Redeem(ctx context.Context, register request.Register, key subject.Key, exportID string, token subject.Token, now time.Time) (Attempt, error) {
	id, number, ok := ParseID(exportID)
	if !ok || !request.IsID(id) {
		return Attempt{}, request.ErrLink
	}
	hash := token.Hash(key, useExport, exportID)
	for range 20 {
		file, err := register.Load(ctx, id)
		if errors.Is(err, request.ErrUnknown) {
			return Attempt{}, request.ErrLink
		}
		if err != nil {
			return Attempt{}, err
		}
		a, ok := Of(file).numbered(number)
		if !ok || !file.Request.Answerable() || !subject.Same(a.TokenHash, hash) || !a.OpenUntil.After(now) || a.UsesLeft() <= 0 {
			return Attempt{}, request.ErrLink
		}
		a.Downloads = append(slices.Clip(a.Downloads), now.UTC().Truncate(time.Second))
		if _, err := register.Save(ctx, file, arrived(file, a, now)...); !errors.Is(err, request.ErrChanged) {
			return a, err
		}
	}
	return Attempt{}, fault.New(fault.Conflict, "Others are using this link right now. Try again.")
}
