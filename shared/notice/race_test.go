package notice_test

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

// race is a register in which somebody else is faster once, and which fails if err is set.
type race struct {
	noticetest.Stores
	first func()
	err   error
}

func (r *race) Act(ctx context.Context, from, to notice.Campaign, entry audit.Entry, until time.Time) error {
	if first := r.first; first != nil {
		r.first = nil
		first()
	}
	return r.Stores.Act(ctx, from, to, entry, until)
}

func (r *race) All(ctx context.Context) ([]notice.Campaign, error) {
	all, err := r.Stores.All(ctx)
	if r.err != nil {
		return nil, r.err
	}
	return all, err
}

func (r *race) Load(ctx context.Context, versions ...string) ([]notice.Campaign, error) {
	all, err := r.Stores.Load(ctx, versions...)
	if r.err != nil {
		return nil, r.err
	}
	return all, err
}
