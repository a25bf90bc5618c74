package notice

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Publication is what a campaign takes from a published version of the policy.
type Publication struct {
	Version, Kind string
	From          time.Time // when the version comes into force
	AnnounceAt    time.Time // when its notices start
	Within        int       // days from AnnounceAt within which every notice is sent
}

// Announced reports whether people are told about the version (promise K05): account holders about a significant change, everybody with an
// address about a transfer of the business.
func (p Publication) Announced() bool {
	return p.Kind == policy.Significant || p.Kind == policy.Transfer
}

// Publications returns what campaigns take from the list of versions.
func Publications(list policy.History) []Publication {
	all := make([]Publication, len(list))
	for i, v := range list {
		all[i] = Publication{Version: v.Version, Kind: v.Kind, From: v.InForceFrom(), AnnounceAt: v.AnnounceAt(), Within: v.NoticeWithin}
	}
	return all
}

// Letter is the mail of a campaign, the same for every recipient.
type Letter struct{ Subject, Text, HTML string }

// Letters writes the letter about a version.
type Letters interface {
	Letter(ctx context.Context, version string) (Letter, error)
}

// People lists everybody by the time at which they became known or became customers again.
type People interface {
	// People returns a page of a shard, from the time given on, and the cursor of the next page, or "" after the last one. It may list a person
	// twice, and it may lag behind.
	People(ctx context.Context, shard int, from time.Time, cursor string) (page []standing.Person, next string, err error)
}

// Spellings knows the addresses behind aliases.
type Spellings interface {
	// Spellings returns the addresses on record by alias. An alias without one is left out.
	Spellings(ctx context.Context, aliases []string) (map[string]string, error)
}

// Persons knows who is behind an address, and the other addresses of a person. Its reads are consistent.
type Persons interface {
	// Aliases returns those of the aliases that are on record, by their keys.
	Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error)
	// State returns the state of a data subject, and false if there is none.
	State(ctx context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error)
}

// Mailer hands mails to SES.
type Mailer interface {
	// Mail sends the letter about a version to up to fifty recipients with one call, and returns an answer for each, in their order. After an
	// error, nothing was sent.
	Mail(ctx context.Context, version string, letter Letter, to []feedback.Recipient) ([]feedback.Answer, error)
}

// Accounts knows what the account of SES may do.
type Accounts interface {
	Account(ctx context.Context) (feedback.Account, error)
}

// Meter counts what alarms watch.
type Meter interface {
	Count(name metric.Name) error
}
