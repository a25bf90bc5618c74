package main

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// leaves returns every text of a JSON document.
func leaves(document string) (all []string) {
	var value any
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		panic(err)
	}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case string:
			all = append(all, v)
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(value)
	return all
}

// limited stores everything that a request can store besides what customer has stored, and limits of every kind.
func (r *rig) limited(file request.File) request.File {
	r.T.Helper()
	now, staff := r.Clock.Now().UTC().Truncate(time.Second), audit.Actor{Kind: audit.Machine, ID: "staff-canary"}
	asked := file.Request
	asked.Asked = request.Asked{Scope: privacy.Specific, Declared: true, Ground: privacy.Claims, Purposes: []privacy.Purpose{"security"}, Categories: []privacy.Category{privacy.Contact},
		Child: "kid-canary@example.org", Agent: request.Agent{Name: "Lena Canary", Email: "lena@law.example", Relation: "lawyer"}}
	asked.Unproven, asked.RemindedAt, asked.On, asked.State, asked.Step, asked.Due = true, now, []privacy.SubjectID{"on-canary"}, request.Open, "", work.Due{}
	asked.Extension = request.Extension{Reason: "extension-canary", By: staff, DecidedAt: now, NoticeSent: now.Add(-time.Minute)}
	asked.Outcome = request.Outcome{Result: request.PartlyDone, Reason: "outcome-canary", By: staff, DecidedAt: now.Add(-time.Hour)}
	asked.Messages = []request.Message{{At: now.Add(-time.Hour), Text: "mail-canary", Cut: true, Attachments: 17, Sure: true}, {At: now.Add(-2 * time.Hour), Text: "anna-canary stranger"}}
	asked.About = "about-canary"
	saved, err := r.Requests.Save(r.T.Context(), file, asked)
	if err != nil {
		r.T.Fatal(err)
	}
	limits := must(r.T, func() ([]byte, error) {
		return json.Marshal(standing.Limits{
			OptOuts: []standing.OptOut{{Request: "opted-canary", At: now}}, Objections: []standing.Objection{{Request: "objected-canary", At: now, Purposes: []privacy.Purpose{privacy.MarketingEmail}}},
			Restrictions: []standing.Restriction{{Request: asked.ID, At: now, Ground: privacy.Accuracy, Purposes: []privacy.Purpose{"security"}, Categories: []privacy.Category{privacy.Contact}}}, FencedAt: now.Add(-time.Minute)})
	})
	key := dynamo.Item{dynamo.PK: dynamo.String("s#" + string(export.Of(file)[0].Subject)), dynamo.SK: dynamo.String("SUBJECT")}
	for _, item := range r.Scan("SubjectsTable") {
		if pk := dynamo.Text(item, dynamo.PK); pk == dynamo.Text(key, dynamo.PK) {
			key[dynamo.SK] = item[dynamo.SK]
		}
	}
	table := r.Tables.Name("SubjectsTable")
	if _, err := r.Tables.Client.UpdateItem(r.T.Context(), &dynamodb.UpdateItemInput{TableName: &table, Key: key, UpdateExpression: aws.String("SET limits = :l"),
		ExpressionAttributeValues: dynamo.Item{":l": dynamo.String(string(limits))}}); err != nil {
		r.T.Fatal(err)
	}
	return saved
}
