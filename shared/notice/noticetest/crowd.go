package noticetest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Crowd is the people on record, each with one address. The address of an alias is the alias with "@example.com". [Town] has people with more.
type Crowd struct {
	Shards int
	shards [][]person
	joined int
	gone   map[string]bool
	Page   int   // people a page; 200 if it is 0
	Broken error // of the next read of spellings
}

type person struct {
	standing.Person
	since time.Time
}

// Join puts somebody on record.
func (c *Crowd) Join(alias string, contract standing.Contract, since time.Time) {
	for len(c.shards) < c.Shards {
		c.shards = append(c.shards, nil)
	}
	shard := &c.shards[c.joined%c.Shards]
	c.joined++
	*shard = append(*shard, person{standing.Person{Primary: alias, Contract: contract}, since})
}

// Leave takes the address of an alias off the record.
func (c *Crowd) Leave(alias string) {
	if c.gone == nil {
		c.gone = map[string]bool{}
	}
	c.gone[alias] = true
}

// People implements [notice.People]. A shard is in the order of joining, which must be that of since.
func (c *Crowd) People(_ context.Context, shard int, from time.Time, cursor string) (page []standing.Person, next string, err error) {
	size := c.Page
	if size == 0 {
		size = 200
	}
	i := 0
	if cursor != "" {
		if _, err := fmt.Sscan(cursor, &i); err != nil {
			return nil, "", err
		}
	}
	if shard >= len(c.shards) {
		return nil, "", nil
	}
	for all := c.shards[shard]; i < len(all); i++ {
		if all[i].since.Before(from) {
			continue
		}
		if len(page) == size {
			return page, fmt.Sprint(i), nil
		}
		page = append(page, all[i].Person)
	}
	return page, "", nil
}

// Address returns the address of an alias.
func Address(alias string) string { return strings.TrimPrefix(alias, "i#1#") + "@example.com" }

// Spellings implements [notice.Spellings].
func (c *Crowd) Spellings(_ context.Context, aliases []string) (map[string]string, error) {
	if err := c.Broken; err != nil {
		c.Broken = nil
		return nil, err
	}
	known := make(map[string]string, len(aliases))
	for _, alias := range aliases {
		if !c.gone[alias] {
			known[alias] = Address(alias)
		}
	}
	return known, nil
}

// Aliases implements [notice.Persons]. Behind an alias is a data subject with the same id.
func (c *Crowd) Aliases(_ context.Context, keys ...string) (map[string]subject.Alias, error) {
	found := map[string]subject.Alias{}
	for _, key := range keys {
		a := subject.Alias{Key: key, Subjects: []privacy.SubjectID{privacy.SubjectID(key)}, Spelling: Address(key)}
		if c.gone[key] {
			a.Subjects, a.From = nil, a.Subjects[0]
		}
		found[key] = a
	}
	return found, nil
}

// State implements [notice.Persons].
func (c *Crowd) State(_ context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error) {
	return standing.Snapshot{State: standing.State{Contract: standing.Running}, Aliases: []string{string(id)}, Primary: string(id)}, true, nil
}
