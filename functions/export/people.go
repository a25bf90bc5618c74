package main

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/export/gather"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// people implements [gather.Subjects] with the store of data subjects. It is here so that the store does not import package gather.
type people struct{ store *subjects.Store }

func (p people) Known(ctx context.Context, id privacy.SubjectID) (gather.Known, bool, error) {
	s, found, err := p.store.State(ctx, id)
	return gather.Known{State: s.State, Aliases: s.Aliases, ExpiresAt: s.ExpiresAt}, found, err
}

func (p people) Address(ctx context.Context, alias string) (bundle.Address, bool, error) {
	a, found, err := p.store.Find(ctx, alias)
	return bundle.Address{Address: a.Spelling, Typed: a.Typed}, found, err
}
