package limits

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// skDay is the sort key of a [limit.Day].
const skDay = "CHALLENGES"

// Mailboxes counts the mails with links that each address gets, by the rule of [limit.Day]. It implements the limiters of packages request
// and mailbox.
type Mailboxes struct {
	Store *Store
	Key   subject.Key // the key of tokens, which makes the HMAC under which an address is counted
}

// MayChallenge counts a mail to the address on the UTC day of now, if [limit.Day.May] allows it. id is the request or consent that the mail is
// about. The rule is the condition of one update, so that two runs cannot both take the last place of a day.
func (m Mailboxes) MayChallenge(ctx context.Context, a subject.Address, id string, again bool, now time.Time) (may, later bool, err error) {
	const room = "(attribute_not_exists(%[1]s) OR size(%[1]s) < :max OR contains(%[1]s, :id))"
	add, condition := "ADD mailed :set", fmt.Sprintf(room, "mailed")
	if !again {
		add, condition = add+", begun :set", condition+" AND "+fmt.Sprintf(room, "begun")
	}
	_, err = m.Store.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &m.Store.Table, Key: m.key(a, now),
		UpdateExpression: aws.String(add + " SET expiresAt = :end"), ConditionExpression: &condition,
		ExpressionAttributeValues: dynamo.Item{
			":set": set(id), ":id": dynamo.String(id), ":max": dynamo.Number(limit.MailsPerDay), ":end": dynamo.Seconds(m.Store.end(now)),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if counted, refused := dynamo.ConditionFailed(err); refused {
		_, later = limit.Day{Mailed: ids(counted, "mailed"), Begun: ids(counted, "begun")}.May(id, again)
		return false, later, nil
	}
	return err == nil, false, err
}

// NotMailed removes a refused mail from the count of the day on which [Mailboxes.MayChallenge] counted it.
func (m Mailboxes) NotMailed(ctx context.Context, a subject.Address, id string, day time.Time) error {
	_, err := m.Store.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &m.Store.Table, Key: m.key(a, day),
		UpdateExpression:          aws.String("DELETE mailed :set"),
		ConditionExpression:       aws.String("attribute_exists(PK)"), // without it, the update would create an item that never expires
		ExpressionAttributeValues: dynamo.Item{":set": set(id)},
	})
	if _, uncounted := dynamo.ConditionFailed(err); uncounted {
		return nil
	}
	return err
}

func (m Mailboxes) key(a subject.Address, now time.Time) dynamo.Item {
	return dynamo.Key(partition(m.Key.Counted(a), now), skDay)
}

func set(id string) types.AttributeValue {
	return &types.AttributeValueMemberSS{Value: []string{id}}
}

// ids reads a set of ids, or nil if it is absent.
func ids(item dynamo.Item, name string) []string {
	if members, ok := item[name].(*types.AttributeValueMemberSS); ok {
		return members.Value
	}
	return nil
}
