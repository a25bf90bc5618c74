package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// undo takes the newest version back, if it is in no commit. Its source is kept below .local.
func (p *publisher) undo(ctx context.Context) error {
	running, err := p.service.running(ctx)
	if err != nil {
		return err
	}
	version, err := p.undoable(ctx)
	if err != nil {
		return err
	}
	before, err := p.policy.remember()
	if err != nil {
		return err
	}
	kept := filepath.Join(p.root, ".local", "unpublished", version+".yaml")
	if err := errors.Join(os.MkdirAll(filepath.Dir(kept), 0o755), os.Rename(p.policy.source(version), kept)); err != nil {
		return err
	}
	back := func(err error) error {
		return errors.Join(err, os.Rename(kept, p.policy.source(version)), p.policy.restore(before), sentence("Nothing was taken back."))
	}
	if err := os.Remove(p.policy.published(version)); err != nil {
		return back(err)
	}
	older, digest, _, err := p.compile(ctx)
	if err != nil {
		return back(err)
	}
	p.say("Version %s is taken back, and %s is the newest again. Its source is kept in %s.", version, older, p.short(kept))
	outcome, _, err := p.release(ctx, running, older, digest)
	p.say("%s", outcome)
	return err
}

// undoable returns the newest version, or an error that says why it stays.
func (p *publisher) undoable(ctx context.Context) (string, error) {
	version, err := p.policy.newest()
	if err != nil {
		return "", err
	}
	all, err := p.policy.digests()
	if err != nil {
		return "", err
	}
	if all[version] == "" {
		return "", sentence("%s is not published. Delete it if you do not need it.", p.short(p.policy.source(version)))
	}
	sums, err := p.committed(ctx)
	if err != nil {
		return "", errors.Join(err, sentence("The last commit cannot be read, so it is unknown whether %s is published for others.", version))
	}
	if digests(sums)[version] != "" {
		return "", sentence("%s is in the last commit. A published version never goes away (promise A02). Publish a new version instead: %s", version, p.command("draft"))
	}
	return version, nil
}
