package subjects

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// sharers reads what a shared address says of each of those who use it.
func sharers(item dynamo.Item, ids []privacy.SubjectID) map[privacy.SubjectID]subject.Sharer {
	all := make(map[privacy.SubjectID]subject.Sharer, len(ids))
	at, _ := item[ends].(*types.AttributeValueMemberM)
	for _, id := range ids {
		s := subject.Sharer{Formerly: formers(item, id)}
		if at != nil {
			s.ExpiresAt = dynamo.Time(at.Value, string(id))
		}
		all[id] = s
	}
	return all
}

func setSharers(item dynamo.Item, all map[privacy.SubjectID]subject.Sharer) {
	at, joined := dynamo.Item{}, []string(nil)
	for id, s := range all {
		if !s.ExpiresAt.IsZero() {
			at[string(id)] = dynamo.Seconds(s.ExpiresAt)
		}
		joined = append(joined, formerTexts(s.Formerly, id)...)
	}
	if len(at) > 0 {
		item[ends] = &types.AttributeValueMemberM{Value: at}
	}
	setTexts(item, formerly, joined)
}

// formers reads who was joined to a data subject, the first to be joined first. to is empty unless the item is that of a shared address.
func formers(item dynamo.Item, to privacy.SubjectID) (all []subject.Former) {
	for _, one := range texts(item, formerly) {
		id, rest, _ := strings.Cut(one, " ")
		at, whose, _ := strings.Cut(rest, " ")
		if whose != string(to) {
			continue
		}
		seconds, _ := strconv.ParseInt(at, 10, 64)
		all = append(all, subject.Former{ID: privacy.SubjectID(id), At: time.Unix(seconds, 0).UTC()})
	}
	slices.SortFunc(all, func(a, b subject.Former) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return all
}

// formerTexts returns who was joined to a data subject as it is stored.
func formerTexts(all []subject.Former, to privacy.SubjectID) (values []string) {
	for _, f := range all {
		values = append(values, strings.TrimSuffix(string(f.ID)+" "+strconv.FormatInt(f.At.Unix(), 10)+" "+string(to), " "))
	}
	return values
}
