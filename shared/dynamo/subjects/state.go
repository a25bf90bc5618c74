package subjects

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// State reads the state of a subject consistently. It returns an expired state too, because a walk still needs it. It returns false if there
// is none.
func (s *Store) State(ctx context.Context, sid privacy.SubjectID) (standing.Snapshot, bool, error) {
	item, err := s.get(ctx, "s#"+string(sid), stateSK)
	if err != nil || item == nil {
		return standing.Snapshot{}, false, err
	}
	var erased erasure
	limited, err := limits(item)
	if err == nil {
		err = parseErasure(item, &erased)
	}
	if err != nil {
		return standing.Snapshot{}, false, err
	}
	state := standing.Snapshot{
		State: standing.State{
			Contract:    standing.Contract(dynamo.Text(item, "contract")),
			EndedAt:     moment(item, "endedAt"),
			Newest:      moment(item, "newest"),
			AccountData: dynamo.Flag(item, "accountData"),
			Endless:     dynamo.Flag(item, "endless"),
			Latest:      moment(item, "latest"),
			Marketing:   standing.Choice(dynamo.Text(item, "marketing")),
			Unconsented: moment(item, "unconsented"),
			Proof:       standing.Proof{Until: moment(item, "proofUntil"), Version: int(dynamo.Int(item, "proofVersion"))},
			Limits:      limited,
			Erasure:     erased.Erasure,
			Others:      erased.Others,
			Holds:       erased.Holds,
			Formerly:    formers(item, ""),
			Into:        privacy.SubjectID(dynamo.Text(item, "into")),
		},
		Version:   dynamo.Int(item, "version"),
		Accounts:  dynamo.Int(item, "accounts"),
		ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
		Since:     dynamo.Time(item, since),
		Aliases:   texts(item, aliases),
		Shared:    texts(item, shared),
		Left:      texts(item, left),
		Primary:   dynamo.Text(item, primary),
	}
	return state, true, nil
}

// Same adds the condition that the state still has this version to a transaction.
func (s *Store) Same(tx *dynamo.Tx, sid privacy.SubjectID, version int64) {
	tx.Check(types.ConditionCheck{
		TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(sid), stateSK),
		ConditionExpression:       aws.String("version = :v"),
		ExpressionAttributeValues: dynamo.Item{":v": dynamo.Number(version)},
	})
}

// Touch adds a write to a transaction that stores account records without changing the state, and returns the state after it. It counts the
// writes of account records, so that only one of two writers that read the same account records succeeds.
func (s *Store) Touch(tx *dynamo.Tx, sid privacy.SubjectID, from standing.Snapshot) standing.Snapshot {
	after := from
	after.Accounts++
	tx.Update(types.Update{
		TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(sid), stateSK),
		UpdateExpression: aws.String("SET accounts = :next"), ConditionExpression: aws.String("version = :v AND accounts = :a"),
		ExpressionAttributeValues: dynamo.Item{
			":v": dynamo.Number(from.Version), ":a": dynamo.Number(from.Accounts), ":next": dynamo.Number(after.Accounts)},
	})
	return after
}

// stateAttributes are the attributes of [standing.State], in the order in which they are written.
var stateAttributes = [...]string{"contract", "endedAt", "newest", "accountData", "endless", "latest", "marketing", "proofUntil", "proofVersion", "unconsented",
	"limits", "erasure", formerly, "into"}

func attributes(state standing.State) dynamo.Item {
	item := dynamo.Item{"contract": dynamo.String(string(state.Contract))}
	for name, at := range map[string]time.Time{
		"endedAt": state.EndedAt, "newest": state.Newest, "latest": state.Latest, "proofUntil": state.Proof.Until,
		"unconsented": state.Unconsented,
	} {
		if !at.IsZero() {
			item[name] = dynamo.String(at.UTC().Format(time.RFC3339Nano))
		}
	}
	if state.Marketing != standing.NoChoice {
		item["marketing"] = dynamo.String(string(state.Marketing))
	}
	setLimits(item, state.Limits)
	setErasure(item, state)
	setTexts(item, formerly, formerTexts(state.Formerly, ""))
	if state.Into != "" {
		item["into"] = dynamo.String(string(state.Into))
	}
	if state.Proof.Version != 0 {
		item["proofVersion"] = dynamo.Number(int64(state.Proof.Version))
	}
	for name, on := range map[string]bool{"accountData": state.AccountData, "endless": state.Endless} {
		if on {
			item[name] = &types.AttributeValueMemberBOOL{Value: true}
		}
	}
	return item
}

func moment(item dynamo.Item, name string) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, dynamo.Text(item, name))
	return at
}
