package requests

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func flag(item dynamo.Item, name string, on bool) {
	if on {
		item[name] = &types.AttributeValueMemberBOOL{Value: true}
	}
}

func list[T ~string](item dynamo.Item, name string, values []T) {
	if len(values) == 0 {
		return
	}
	all := make([]types.AttributeValue, len(values))
	for i, v := range values {
		all[i] = dynamo.String(string(v))
	}
	item[name] = &types.AttributeValueMemberL{Value: all}
}

func parseList[T ~string](item dynamo.Item, name string) (values []T) {
	all, _ := item[name].(*types.AttributeValueMemberL)
	if all == nil {
		return nil
	}
	for _, v := range all.Value {
		if s, ok := v.(*types.AttributeValueMemberS); ok {
			values = append(values, T(s.Value))
		}
	}
	return values
}

// setAsked stores what exactly a request asks for.
func setAsked(item dynamo.Item, r request.Request) {
	text(item, "scope", string(r.Scope))
	text(item, "waiting", string(r.Waiting))
	text(item, "ground", string(r.Ground))
	text(item, "child", r.Child)
	text(item, "agentName", r.Agent.Name)
	text(item, "agentEmail", r.Agent.Email)
	text(item, "agentRelation", r.Agent.Relation)
	list(item, "purposes", r.Purposes)
	list(item, "categories", r.Categories)
	list(item, "on", r.On)
	list(item, "stands", r.Stands)
	flag(item, "declared", r.Declared)
	flag(item, "unproven", r.Unproven)
	flag(item, "keeps", r.Keeps)
	seconds(item, "remindedAt", r.RemindedAt)
}

func parseAsked(item dynamo.Item, r *request.Request) {
	r.Asked = request.Asked{
		Scope: privacy.Scope(dynamo.Text(item, "scope")), Declared: dynamo.Flag(item, "declared"), Ground: privacy.Ground(dynamo.Text(item, "ground")),
		Purposes: parseList[privacy.Purpose](item, "purposes"), Categories: parseList[privacy.Category](item, "categories"), Child: dynamo.Text(item, "child"),
		Agent: request.Agent{Name: dynamo.Text(item, "agentName"), Email: dynamo.Text(item, "agentEmail"), Relation: dynamo.Text(item, "agentRelation")},
	}
	r.Waiting = request.Wait(dynamo.Text(item, "waiting"))
	r.On, r.Stands = parseList[privacy.SubjectID](item, "on"), parseList[privacy.Purpose](item, "stands")
	r.Unproven, r.Keeps, r.RemindedAt = dynamo.Flag(item, "unproven"), dynamo.Flag(item, "keeps"), dynamo.Time(item, "remindedAt")
}

// setDecided stores what the team decided about a request: a longer time, and its outcome.
func setDecided(item dynamo.Item, r request.Request) {
	text(item, "extensionReason", r.Extension.Reason)
	setActor(item, "extensionBy", r.Extension.By)
	seconds(item, "extendedAt", r.Extension.DecidedAt)
	seconds(item, "extensionSent", r.Extension.NoticeSent)
	text(item, "result", string(r.Outcome.Result))
	text(item, "resultReason", r.Outcome.Reason)
	list(item, "goesOn", r.Outcome.GoesOn)
	setActor(item, "resultBy", r.Outcome.By)
	seconds(item, "decidedAt", r.Outcome.DecidedAt)
}

func parseDecided(item dynamo.Item, r *request.Request) {
	r.Extension = request.Extension{
		Reason: dynamo.Text(item, "extensionReason"), By: parseActor(item, "extensionBy"), DecidedAt: dynamo.Time(item, "extendedAt"),
		NoticeSent: dynamo.Time(item, "extensionSent"),
	}
	r.Outcome = request.Outcome{
		Result: request.Result(dynamo.Text(item, "result")), Reason: dynamo.Text(item, "resultReason"), By: parseActor(item, "resultBy"),
		GoesOn: parseList[privacy.Purpose](item, "goesOn"), DecidedAt: dynamo.Time(item, "decidedAt"),
	}
}

func setActor(item dynamo.Item, name string, by audit.Actor) {
	text(item, name, by.ID)
	text(item, name+"Kind", string(by.Kind))
}

func parseActor(item dynamo.Item, name string) audit.Actor {
	return audit.Actor{Kind: audit.ActorKind(dynamo.Text(item, name+"Kind")), ID: dynamo.Text(item, name)}
}
