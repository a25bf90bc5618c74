package subjects

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Shards is the number of partitions of the index people.
const Shards = 16

// peoplePage is how many people [Store.People] reads at a time. A row of the index has about 200 bytes.
const peoplePage = 200

// peopleShard returns the partition of the index people for a subject. It depends on the random id only, so it never changes.
func peopleShard(id privacy.SubjectID) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return peopleKey(int(h.Sum32() % Shards))
}

func peopleKey(shard int) string { return fmt.Sprintf("p#%02d", shard) }

// People returns a page of the people in one shard of the index people, from 0 to [Shards]-1, in the order in which they became known or their
// contracts were last renewed, not before the time given. It returns a cursor with which the next call, for the same shard and time,
// continues, or "" after the last page. People whose retention has ended are left out (fault F09), so a page may be empty before the last one.
//
// The index lags behind the table, and somebody whose contract is renewed in between is listed twice, so the caller walks again later, from
// before the beginning of the last walk (fault F14).
func (s *Store) People(ctx context.Context, shard int, from time.Time, cursor string) (page []standing.Person, next string, err error) {
	in := &dynamodb.QueryInput{
		TableName: aws.String(s.Table), IndexName: aws.String(people), Limit: aws.Int32(peoplePage),
		KeyConditionExpression:    aws.String("people = :p AND since >= :from"),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.String(peopleKey(shard)), ":from": dynamo.Seconds(from)},
	}
	if cursor != "" {
		if in.ExclusiveStartKey, err = startKey(shard, cursor); err != nil {
			return nil, "", err
		}
	}
	out, err := s.Client.Query(ctx, in)
	for err == nil && len(out.Items) == 0 && len(out.LastEvaluatedKey) > 0 { // DynamoDB may answer so at any time (fault F12)
		in.ExclusiveStartKey = out.LastEvaluatedKey
		out, err = s.Client.Query(ctx, in)
	}
	if err != nil {
		return nil, "", err
	}
	now := s.Now()
	for _, item := range out.Items {
		if person := personOf(item); person.Known(now) {
			page = append(page, person)
		}
	}
	if len(out.LastEvaluatedKey) > 0 {
		next = cursorOf(out.LastEvaluatedKey)
	}
	return page, next, nil
}

func personOf(item dynamo.Item) standing.Person {
	return standing.Person{
		Primary: dynamo.Text(item, primary), Contract: standing.Contract(dynamo.Text(item, "contract")),
		EndedAt: moment(item, "endedAt"), ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}
}

var errCursor = errors.New("subjects: not a cursor of People")

// cursorOf returns the cursor `<since>#<sid>` for the last row of a page.
func cursorOf(last dynamo.Item) string {
	return strconv.FormatInt(dynamo.Int(last, since), 10) + "#" + strings.TrimPrefix(dynamo.Text(last, dynamo.PK), "s#")
}

// startKey returns the row of the index that a cursor stands for.
func startKey(shard int, cursor string) (dynamo.Item, error) {
	at, sid, found := strings.Cut(cursor, "#")
	second, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !found || sid == "" {
		return nil, errCursor
	}
	key := dynamo.Key("s#"+sid, stateSK)
	key[people], key[since] = dynamo.String(peopleKey(shard)), dynamo.Number(second)
	return key, nil
}
