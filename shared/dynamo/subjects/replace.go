package subjects

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/replay"
)

// ReplaceState adds the change that an act on identities makes to a subject's state to a transaction. It is refused under the conditions of
// [Store.Change]. The act itself writes all aliases whose expiry changes with it.
func (s *Store) ReplaceState(tx *dynamo.Tx, c identity.StateChange) {
	after := c.From
	after.State, after.ExpiresAt = c.To, c.ExpiresAt
	u := s.update(c.Subject, &after, c.From)
	u.ExpressionAttributeValues[":v"] = dynamo.Number(c.Version)
	for name, values := range map[string][]string{aliases: c.Aliases, shared: c.Shared, left: c.Left} {
		u.attribute(name, set(values))
	}
	var mainAddress, shard types.AttributeValue
	if c.Primary != "" {
		mainAddress = dynamo.String(c.Primary)
	}
	if c.Listed {
		shard = dynamo.String(peopleShard(c.Subject))
	}
	u.attribute(primary, mainAddress)
	u.attribute(people, shard)
	if c.Renewed || c.To.ContractRenewed(c.From.State) {
		u.renew(&after, s.Now())
	}
	tx.Update(u.build())
	after.Version = c.Version
	after.Aliases, after.Shared, after.Left, after.Primary = c.Aliases, c.Shared, c.Left, c.Primary
	s.Replays.Add(tx, replay.OfStanding(c.Subject, after, s.Now()))
}

// MoveFormer adds the changes of the expiry of those who were joined to a subject before the act, and whom the act itself does not write.
func (s *Store) MoveFormer(tx *dynamo.Tx, c identity.StateChange, written []identity.StateChange) {
	if c.To.Into != "" {
		return // they follow the one to whom the subject was joined
	}
	for _, f := range c.To.Formerly {
		follows := c.ExpiresAt.Equal(c.From.ExpiresAt) && slices.Contains(c.From.Persons(c.Subject), f.ID)
		if !follows && !slices.ContainsFunc(written, func(other identity.StateChange) bool { return other.Subject == f.ID }) {
			s.move(tx, "s#"+string(f.ID), stateSK, c.ExpiresAt)
		}
	}
}
