package requests

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// setMessages stores the mails of which a request consists, and which request they answer.
func setMessages(item dynamo.Item, r request.Request) {
	text(item, "about", r.About)
	if len(r.Messages) == 0 {
		return
	}
	all := make([]types.AttributeValue, len(r.Messages))
	for i, m := range r.Messages {
		one := dynamo.Item{"at": dynamo.Seconds(m.At)}
		text(one, "text", m.Text)
		flag(one, "cut", m.Cut)
		flag(one, "sure", m.Sure)
		if m.Attachments > 0 {
			one["attachments"] = dynamo.Number(int64(m.Attachments))
		}
		all[i] = &types.AttributeValueMemberM{Value: one}
	}
	item["messages"] = &types.AttributeValueMemberL{Value: all}
}

func parseMessages(item dynamo.Item, r *request.Request) {
	r.About = dynamo.Text(item, "about")
	all, _ := item["messages"].(*types.AttributeValueMemberL)
	if all == nil {
		return
	}
	for _, one := range all.Value {
		if m, ok := one.(*types.AttributeValueMemberM); ok {
			of := m.Value
			r.Messages = append(r.Messages, request.Message{
				At: dynamo.Time(of, "at"), Text: dynamo.Text(of, "text"), Cut: dynamo.Flag(of, "cut"), Sure: dynamo.Flag(of, "sure"),
				Attachments: int(dynamo.Int(of, "attachments")),
			})
		}
	}
}
