package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"
)

const standardPort = "8080"

// publisher publishes versions of the policy on one machine.
type publisher struct {
	root      string // of the repository
	policy    folder
	build     string // folder of the functions' binaries
	service   service
	suffix    string // of a make command for the same service, such as " PORT=8090"
	now       func() time.Time
	out       io.Writer
	generate  func(context.Context) (difference string, err error)
	rebuild   func(context.Context) error
	committed func(context.Context) (sums string, err error) // SHA256SUMS of the last commit
}

// publish generates the newest version, rebuilds the functions, and lets the running service take them. With example it writes an example of a
// next version first.
func (p *publisher) publish(ctx context.Context, example bool) error {
	running, err := p.service.running(ctx)
	if err != nil {
		return err
	}
	written := ""
	if example {
		if written, err = p.example(); err != nil {
			return err
		}
	}
	version, digest, fresh, err := p.compile(ctx)
	if err != nil {
		if written != "" {
			err = errors.Join(err, os.Remove(p.policy.source(written)))
		}
		return errors.Join(err, sentence("Nothing was published. The service goes on as it is."))
	}
	if !fresh {
		served := !running // the next start uses it
		if running {
			served, err = p.service.serves(ctx, version, digest)
		}
		if err != nil || served {
			return errors.Join(err, p.nothing(version, running))
		}
	}
	told := false
	if running {
		p.service.look(ctx)
		told = p.service.campaign(ctx, version) != ""
	}
	outcome, live, err := p.release(ctx, running, version, digest)
	if err != nil {
		return err
	}
	return p.report(version, outcome, live, told)
}

// compile generates the newest version and returns its name and the digest of its bytes. It is fresh if it was not generated before. On an
// error the generated files are as they were.
func (p *publisher) compile(ctx context.Context) (version, digest string, fresh bool, err error) {
	before, err := p.policy.remember()
	if err != nil {
		return "", "", false, err
	}
	old := digests(string(before[p.policy.sums()]))
	defer func() {
		if err != nil {
			err = errors.Join(err, p.policy.restore(before))
		}
	}()
	if version, err = p.policy.newest(); err != nil {
		return "", "", false, err
	}
	difference, err := p.generate(ctx)
	if err != nil {
		return "", "", false, err
	}
	all, err := p.policy.digests()
	if err != nil {
		return "", "", false, err
	}
	digest, was := all[version], old[version]
	if was != "" && was != digest {
		return "", "", false, sentence("%s has changed since it was published. A published version never changes (promise A02): letters and consents refer to it.\n"+
			"Undo the change and write a new version (%s), or take this one back first (%s).", p.short(p.policy.source(version)), p.command("draft"), p.command("unpublish"))
	}
	if fresh = was == ""; fresh {
		p.say("%s", strings.TrimRight(difference, "\n"))
	}
	return version, digest, fresh, nil
}

// release rebuilds the functions and lets the running service take them. It returns what became of the service, and whether it serves the
// version now.
func (p *publisher) release(ctx context.Context, running bool, version, digest string) (outcome string, live bool, err error) {
	p.say("Building the functions with version %s. This takes up to a minute.", version)
	if err := p.rebuild(ctx); err != nil {
		return "", false, errors.Join(err, sentence("The functions could not be built. The service goes on as it is. Version %s is generated: repair the code and run %s again.", version, p.command("publish")))
	}
	if !running {
		return "No service runs on " + p.service.url + ". The next `" + p.command("run") + "` uses version " + version + ".", false, nil
	}
	done, err := p.service.restart(ctx, p.build)
	var refused errRefused
	if errors.As(err, &refused) {
		return "The service on " + p.service.url + " does not use version " + version + " yet. " + refused.Error(), false, nil
	}
	if err != nil {
		return "", false, errors.Join(err, sentence("Version %s is generated and built, but the service goes on as it is. Repair the code and run %s again.", version, p.command("publish")))
	}
	if served, err := p.service.serves(ctx, version, digest); err != nil || !served {
		return "", false, errors.Join(err, sentence("The functions were restarted, but the service does not list version %s.", version))
	}
	return restarted(done), true, nil
}
