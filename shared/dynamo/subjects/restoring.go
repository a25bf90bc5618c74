package subjects

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/replay"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// PutStanding implements restore.Subjects.
func (s *Store) PutStanding(ctx context.Context, noted replay.Standing) error {
	before, found, err := s.State(ctx, noted.Subject)
	if err != nil || found && before.Version >= noted.Version {
		return err
	}
	is := standing.Snapshot{State: noted.State, Version: noted.Version, Accounts: before.Accounts + 1, ExpiresAt: noted.ExpiresAt, Since: before.Since,
		Aliases: noted.Aliases, Shared: noted.Shared, Left: noted.Left, Primary: noted.Primary}
	if !found {
		is.Since = s.Now().UTC()
	}
	item := stateItem(noted.Subject, is)
	setTexts(item, left, is.Left)
	if noted.State.Into != "" {
		delete(item, people) // whoever was joined is told as the one to whom they were joined
	}
	_, err = s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.Table), Item: item})
	return err
}

// PutAlias implements restore.Subjects. The alias of the copy keeps its spelling, unless that was erased since. An address that is not in the copy has no
// spelling until somebody types it or a system sends it.
func (s *Store) PutAlias(ctx context.Context, noted subject.Alias) error {
	item, err := s.get(ctx, noted.Key, aliasSK)
	if err != nil {
		return err
	}
	is := noted
	is.Typed = subject.IsAddress(noted.Key)
	if item != nil && !dynamo.Expired(item, s.Now()) {
		before := parseAlias(item)
		if before.Version > noted.Version { // the act that was noted is in the copy
			return nil
		}
		if is.Typed = before.Typed; !noted.ErasedAt.After(before.ErasedAt) {
			is.Spelling = before.Spelling
		}
	}
	if is.Shared() {
		if err := s.share(ctx, is); err != nil {
			return err
		}
	}
	item = attributesOf(is)
	maps.Copy(item, dynamo.Key(is.Key, aliasSK))
	item[version] = dynamo.Number(noted.Version + 1)
	if !is.ExpiresAt.IsZero() {
		item[dynamo.ExpiresAt] = dynamo.Seconds(is.ExpiresAt)
	}
	_, err = s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.Table), Item: item})
	return err
}

// share has the states of the copy say that somebody else uses the address too. Their versions stay, since the versions of what was noted are compared with
// them.
func (s *Store) share(ctx context.Context, is subject.Alias) error {
	for _, id := range is.Subjects {
		err := s.unconditionally(ctx, &dynamodb.UpdateItemInput{
			Key: dynamo.Key("s#"+string(id), stateSK), UpdateExpression: aws.String("ADD #shared :shared"), ExpressionAttributeNames: map[string]string{"#shared": shared},
			ExpressionAttributeValues: dynamo.Item{":shared": set([]string{is.Key})},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unconditionally updates an item of the copy, if there is one. Nobody else writes to it.
func (s *Store) unconditionally(ctx context.Context, in *dynamodb.UpdateItemInput) error {
	in.TableName, in.ConditionExpression = aws.String(s.Table), aws.String("attribute_exists(PK)")
	_, err := s.Client.UpdateItem(ctx, in)
	if _, none := dynamo.ConditionFailed(err); none {
		return nil
	}
	return err
}

// Align implements restore.Subjects. An alias is noted with the expiry that it had then, which the state may not have any more.
func (s *Store) Align(ctx context.Context, id privacy.SubjectID) error {
	is, found, err := s.State(ctx, id)
	if err != nil || !found || is.Into != "" {
		return err
	}
	items, err := s.aliasItems(ctx, is.Aliases)
	if err != nil {
		return err
	}
	for _, item := range items {
		if item == nil {
			continue
		}
		before := parseAlias(item)
		if before.Belongs(id) && !before.Says(id, is.ExpiresAt, is.Formerly) {
			if err := s.putExpiry(ctx, item, before.With(id, is.ExpiresAt, is.Formerly)); err != nil {
				return err
			}
		}
	}
	for _, f := range is.Formerly {
		if err := s.expire(ctx, "s#"+string(f.ID), is); err != nil {
			return err
		}
	}
	return nil
}

// putExpiry stores an alias of the copy with another expiry. Its version stays.
func (s *Store) putExpiry(ctx context.Context, item dynamo.Item, is subject.Alias) error {
	for _, name := range append(aliasAttributes[:], dynamo.ExpiresAt) {
		delete(item, name)
	}
	maps.Copy(item, attributesOf(is))
	if !is.ExpiresAt.IsZero() {
		item[dynamo.ExpiresAt] = dynamo.Seconds(is.ExpiresAt)
	}
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.Table), Item: item})
	return err
}

// expire has the state of somebody who was joined to another one expire with the other's.
func (s *Store) expire(ctx context.Context, pk string, with standing.Snapshot) error {
	in := &dynamodb.UpdateItemInput{Key: dynamo.Key(pk, stateSK), UpdateExpression: aws.String("REMOVE expiresAt")}
	if !with.ExpiresAt.IsZero() {
		in.UpdateExpression, in.ExpressionAttributeValues = aws.String("SET expiresAt = :x"), dynamo.Item{":x": dynamo.Seconds(with.ExpiresAt)}
	}
	return s.unconditionally(ctx, in)
}
