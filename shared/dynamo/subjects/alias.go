package subjects

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/replay"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Attributes of an alias besides the key and expiresAt.
const (
	sids       = "sids"       // whom it stands for
	formerly   = "formerly"   // who was joined to its data subject: <sid> <epoch seconds>, and of a shared one: to which of them
	ends       = "ends"       // of one that several share: when the data of each of them expires, by sid; without an entry, it has no end
	aliasOf    = "client"     // the system that sent, attached or uses it
	spelling   = "spelling"   // of an address
	typed      = "typed"      // of an address: as somebody typed it
	attachedAt = "attachedAt" // of an address: epoch seconds, as all times of an alias
	detachedAt = "detachedAt"
	from       = "from" // from whom it was detached
	doubtUntil = "doubtUntil"
	frozenAt   = "frozenAt"
	erasedAt   = "erasedAt" // of an address: when its spelling was erased
	mailbox    = "mailbox"  // of an address whose spelling was erased: the HMAC that is the id of its mailbox
	shared     = "shared"   // it stands for more than one data subject. Of a state: the aliases that do
	version    = "version"
)

// aliasAttributes are the attributes of an alias that a change writes, in this order.
var aliasAttributes = [...]string{sids, formerly, ends, aliasOf, spelling, typed, attachedAt, detachedAt, from, doubtUntil, frozenAt, erasedAt, mailbox, shared}

// Aliases implements identity.Store. It reads one alias like [Store.Find], and several in one batch. Who shares one is left out once their own data
// has expired.
func (s *Store) Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error) {
	items, err := s.aliasItems(ctx, keys)
	if err != nil {
		return nil, err
	}
	found := make(map[string]subject.Alias, len(items))
	for _, item := range items {
		if item != nil && !dynamo.Expired(item, s.Now()) {
			a := parseAlias(item).At(s.Now())
			found[a.Key] = a
		}
	}
	return found, nil
}

func (s *Store) aliasItems(ctx context.Context, keys []string) ([]dynamo.Item, error) {
	switch len(keys) {
	case 0:
		return nil, nil
	case 1:
		item, err := s.get(ctx, keys[0], aliasSK)
		return []dynamo.Item{item}, err
	}
	all := make([]dynamo.Item, len(keys))
	for i, key := range keys {
		all[i] = dynamo.Key(key, aliasSK)
	}
	return dynamo.Batch(ctx, s.Client, s.Table, all, types.KeysAndAttributes{ConsistentRead: aws.Bool(true)})
}

func parseAlias(item dynamo.Item) subject.Alias {
	a := subject.Alias{
		Key: dynamo.Text(item, dynamo.PK), Version: dynamo.Int(item, version), Client: dynamo.Text(item, aliasOf),
		Spelling: dynamo.Text(item, spelling), Typed: dynamo.Flag(item, typed),
		AttachedAt: dynamo.Time(item, attachedAt), DetachedAt: dynamo.Time(item, detachedAt), From: privacy.SubjectID(dynamo.Text(item, from)),
		DoubtUntil: dynamo.Time(item, doubtUntil), FrozenAt: dynamo.Time(item, frozenAt),
		ErasedAt: dynamo.Time(item, erasedAt), Mailbox: dynamo.Text(item, mailbox), ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}
	for _, sid := range texts(item, sids) {
		a.Subjects = append(a.Subjects, privacy.SubjectID(sid))
	}
	if a.Shared() {
		a.Sharers = sharers(item, a.Subjects)
	} else {
		a.Formerly = formers(item, "")
	}
	return a
}

// texts reads a set of strings in the order of the alphabet.
func texts(item dynamo.Item, name string) []string {
	set, ok := item[name].(*types.AttributeValueMemberSS)
	if !ok {
		return nil
	}
	return slices.Sorted(slices.Values(set.Value))
}

func setTexts(item dynamo.Item, name string, values []string) {
	if len(values) > 0 {
		item[name] = &types.AttributeValueMemberSS{Value: values}
	}
}

// attributesOf returns the attributes of an alias that are not empty, without the key, the version and the expiry.
func attributesOf(a subject.Alias) dynamo.Item {
	item := dynamo.Item{}
	ids := make([]string, len(a.Subjects))
	for i, id := range a.Subjects {
		ids[i] = string(id)
	}
	setTexts(item, sids, ids)
	setTexts(item, formerly, formerTexts(a.Formerly, ""))
	setSharers(item, a.Sharers)
	for name, text := range map[string]string{aliasOf: a.Client, spelling: a.Spelling, from: string(a.From), mailbox: a.Mailbox} {
		if text != "" {
			item[name] = dynamo.String(text)
		}
	}
	for name, on := range map[string]bool{typed: a.Typed, shared: a.Shared()} {
		if on {
			item[name] = &types.AttributeValueMemberBOOL{Value: true}
		}
	}
	for name, at := range map[string]time.Time{
		attachedAt: a.AttachedAt, detachedAt: a.DetachedAt, doubtUntil: a.DoubtUntil, frozenAt: a.FrozenAt, erasedAt: a.ErasedAt,
	} {
		if !at.IsZero() {
			item[name] = dynamo.Seconds(at)
		}
	}
	return item
}

// Replace adds the write that replaces an alias to a transaction, and notes the alias for a restore.
func (s *Store) Replace(tx *dynamo.Tx, before, after subject.Alias) {
	s.replace(tx, before, after)
	s.Replays.Add(tx, replay.OfAlias(after, s.Now()))
}

// replace adds the write that replaces an alias to a transaction. A new one is refused if there is one already that has not expired; a stored one
// if it, or its expiry, has changed since it was read.
func (s *Store) replace(tx *dynamo.Tx, before, after subject.Alias) {
	if before.Version == 0 {
		item := attributesOf(after)
		item[dynamo.PK], item[dynamo.SK], item[version] = dynamo.String(after.Key), dynamo.String(aliasSK), dynamo.Number(1)
		if !after.ExpiresAt.IsZero() {
			item[dynamo.ExpiresAt] = dynamo.Seconds(after.ExpiresAt)
		}
		tx.Put(types.Put{TableName: aws.String(s.Table), Item: item, ConditionExpression: aws.String("attribute_not_exists(PK) OR expiresAt <= :now"),
			ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(s.Now())}})
		return
	}
	attrs, names := attributesOf(after), map[string]string{"#version": version}
	values := dynamo.Item{":was": dynamo.Number(before.Version), ":version": dynamo.Number(before.Version + 1)}
	set, remove := "SET #version = :version", ""
	for _, name := range aliasAttributes {
		names["#"+name] = name
		if value, present := attrs[name]; present {
			set += ", #" + name + " = :" + name
			values[":"+name] = value
		} else {
			remove += ", #" + name
		}
	}
	condition := "#version = :was AND attribute_not_exists(expiresAt)"
	if !before.ExpiresAt.IsZero() {
		condition, values[":expired"] = "#version = :was AND expiresAt = :expired", dynamo.Seconds(before.ExpiresAt)
	}
	if after.ExpiresAt.IsZero() {
		remove += ", expiresAt"
	} else {
		set += ", expiresAt = :x"
		values[":x"] = dynamo.Seconds(after.ExpiresAt)
	}
	if remove != "" {
		set += " REMOVE " + remove[2:]
	}
	tx.Update(types.Update{TableName: aws.String(s.Table), Key: dynamo.Key(after.Key, aliasSK), UpdateExpression: aws.String(set),
		ConditionExpression: aws.String(condition), ExpressionAttributeNames: names, ExpressionAttributeValues: values})
}
