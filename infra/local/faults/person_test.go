package faults

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// known puts a data subject on record with one chat per text, and returns the subject's id.
func (r *rig) known(email string, texts ...string) {
	r.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	for i, text := range texts {
		data, err := json.Marshal(map[string]any{"channel": "live_chat", "startedAt": now, "endedAt": now, "agent": "A.",
			"messages": []any{map[string]any{"at": now, "from": "subject", "name": "Anna", "text": text}}})
		if err != nil {
			r.t.Fatal(err)
		}
		if got := r.put(email, record.Record{Category: privacy.Communication, ID: string(rune('a' + i)), Source: privacy.Direct, OccurredAt: now, Data: data}); got != record.Stored {
			r.t.Fatalf("a chat is %s", got)
		}
	}
}

// intake returns the intake on the tables of the test.
func (r *rig) intake(client *dynamodb.Client) *intake.Intake {
	tables := records.Tables{Records: r.tables.Name("RecordsTable"), Subjects: r.tables.Name("SubjectsTable"), Requests: r.tables.Name("RequestsTable")}
	return &intake.Intake{
		Subjects: subjects.New(client, tables.Subjects, time.Now), Store: records.NewWriter(client, tables, time.Now),
		Aliases: aliasKey, Policy: policy.InForce, Now: time.Now,
	}
}

// put sends a record about the owner of the address and returns its outcome.
func (r *rig) put(email string, one record.Record) record.Outcome {
	r.t.Helper()
	a, err := subject.ParseAddress(email)
	if err != nil {
		r.t.Fatal(err)
	}
	in := r.intake(r.tables.Client)
	result, err := in.TakeOne(r.t.Context(), intake.Line{Who: subject.Named{Client: "crm", Address: a}, Record: one})
	if err != nil {
		r.t.Fatal(err)
	}
	return result.Outcome
}

// who returns the data subject behind an address.
func (r *rig) who(email string) privacy.SubjectID {
	r.t.Helper()
	a, err := subject.ParseAddress(email)
	if err != nil {
		r.t.Fatal(err)
	}
	alias, known, err := subjects.New(r.tables.Client, r.tables.Name("SubjectsTable"), time.Now).Find(r.t.Context(), aliasKey.Alias(a))
	if err != nil || !known {
		r.t.Fatalf("nobody is known by %s: %v", email, err)
	}
	return alias.Subject
}

// idle fails the test if work is left.
func (r *rig) idle(label string) {
	r.t.Helper()
	for _, item := range r.scan("RequestsTable") {
		if item[dynamo.Work] != nil {
			r.t.Errorf("%s: work is left on %.2s %s", label, dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK))
		}
	}
}

// mails returns the mails to the address, oldest first.
func (r *rig) mails(email string) []ses.Mail {
	return slices.DeleteFunc(r.box.All(), func(m ses.Mail) bool { return !slices.Contains(m.To, email) })
}

// link is a link of a mail: its kind, which is the first part of its path; an id; and its secret.
type link struct{ kind, id, secret string }

// linkOf matches a link of a mail. The link of a mailbox has the id in the fragment, before the secret.
var linkOf = regexp.MustCompile(regexp.QuoteMeta(serviceOrigin) + `/(?:(requests|exports)/([0-9a-f.-]+)#|(me)#([\w-]+)\.)(\S+)`)

// linksIn returns the links of a text.
func linksIn(text string) (all []link) {
	for _, found := range linkOf.FindAllStringSubmatch(text, -1) {
		all = append(all, link{found[1] + found[3], found[2] + found[4], found[5]})
	}
	return all
}

// links returns the links of a kind in the mails to the address, oldest first.
func (r *rig) links(email, kind string) []link {
	var all []link
	for _, m := range r.mails(email) {
		for _, l := range linksIn(m.Text) {
			if l.kind == kind {
				all = append(all, l)
			}
		}
	}
	return all
}

// files returns the files of all requests by the address. It reads the tables without the proxy.
func (r *rig) files(email string) []request.File {
	r.t.Helper()
	store := &requests.Store{Client: r.tables.Client, Table: r.tables.Name("RequestsTable"), Terms: policy.TermsOf, Now: time.Now}
	mailbox := aliasKey.Mailbox(subject.Address{Lookup: strings.ToLower(email)}) // a request that ended unconfirmed no longer has its address
	var all []request.File
	for _, item := range r.scan("RequestsTable") {
		if dynamo.Text(item, dynamo.SK) != "REQUEST" || !strings.EqualFold(dynamo.Text(item, "email"), email) && dynamo.Text(item, "mailbox") != mailbox {
			continue
		}
		file, err := store.Load(r.t.Context(), strings.TrimPrefix(dynamo.Text(item, dynamo.PK), requests.PK("")))
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, file)
	}
	return all
}

func (r *rig) scan(table string) []dynamo.Item {
	r.t.Helper()
	name := r.tables.Name(table)
	var all []dynamo.Item
	pages := dynamodb.NewScanPaginator(r.tables.Client, &dynamodb.ScanInput{TableName: &name, ConsistentRead: ptr(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, page.Items...)
	}
	return all
}

// later makes all waiting work due, as if an hour had passed, because a test cannot move the functions' own clock. It returns
// whether anything waited.
func (r *rig) later() (waited bool) { return r.overdue(time.Minute) }

// overdue makes all waiting work due since the given time ago, but not the end of what nobody has confirmed.
func (r *rig) overdue(since time.Duration) (waited bool) {
	r.t.Helper()
	name := r.tables.Name("RequestsTable")
	for _, item := range r.scan("RequestsTable") {
		lapses := dynamo.Text(item, "step") == string(request.StepLapse) || dynamo.Text(item, dynamo.SK) == "CONSENT" && dynamo.Int(item, "tries") > 0
		if item[dynamo.Work] == nil || lapses {
			continue
		}
		waited = true
		set := "SET nextAt = :past"
		for _, name := range []string{"linkAt", "receiptAt"} { // of a mailbox, whose nextAt is the earlier one
			if item[name] != nil {
				set += ", " + name + " = :past"
			}
		}
		_, err := r.tables.Client.UpdateItem(r.t.Context(), &dynamodb.UpdateItemInput{
			TableName: &name, Key: dynamo.Key(dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK)),
			UpdateExpression:          &set,
			ExpressionAttributeValues: dynamo.Item{":past": dynamo.Seconds(time.Now().Add(-since))},
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return waited
}

func ptr[T any](v T) *T { return &v }

// settle lets the schedules finish all work, as they would in a day.
func (r *rig) settle() {
	r.t.Helper()
	for range 10 {
		if !r.later() {
			return
		}
		_ = r.schedule("fulfil")
		_ = r.schedule("export")
	}
}

// fetch uses an export's link as the page does, and returns the ZIP, or nil if the link does not work.
func (r *rig) fetch(l link) []byte {
	r.t.Helper()
	token, identity, _ := strings.Cut(l.secret, ".")
	got := r.http("download", "POST", "/v1/downloads", `{"export":"`+l.id+`","token":"`+token+`"}`, nil)
	if got.status != http.StatusOK {
		return nil
	}
	var download struct{ URL string }
	if err := json.Unmarshal([]byte(got.body), &download); err != nil {
		r.t.Fatal(err)
	}
	response, err := http.Get(download.URL) //nolint:noctx // a test's own server
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil
	}
	key, err := age.ParseHybridIdentity(identity)
	if err != nil {
		r.t.Fatal("the link's key is not an age identity")
	}
	opened, err := age.Decrypt(response.Body, key)
	if err != nil {
		r.t.Fatal(err)
	}
	content, err := io.ReadAll(opened)
	if err != nil {
		r.t.Fatal(err)
	}
	return content
}

// holds reports whether a file of the ZIP contains the text.
func holds(t *testing.T, content []byte, text string) bool {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		opened, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		inside, err := io.ReadAll(opened)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(inside, []byte(text)) {
			return true
		}
	}
	return false
}

// stored returns the keys of all objects and the number of unfinished uploads.
func (r *rig) stored() (keys []string, uploads int) {
	r.t.Helper()
	objects, err := r.s3.ListObjectsV2(r.t.Context(), &s3.ListObjectsV2Input{Bucket: ptr(bucket)})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, object := range objects.Contents {
		keys = append(keys, *object.Key)
	}
	left, err := r.s3.ListMultipartUploads(r.t.Context(), &s3.ListMultipartUploadsInput{Bucket: ptr(bucket)})
	var none smithy.APIError
	if errors.As(err, &none) && none.ErrorCode() == "NoSuchUpload" { // the stand-in answers this if there are no uploads
		return keys, 0
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return keys, len(left.Uploads)
}

// dump writes items out, binary attributes as text too.
func dump(items []dynamo.Item) string {
	var b strings.Builder
	for _, item := range items {
		for name, value := range item {
			b.WriteString(name + "=")
			switch v := value.(type) {
			case *types.AttributeValueMemberB:
				b.Write(v.Value)
			case *types.AttributeValueMemberS:
				b.WriteString(v.Value)
			default:
				text, _ := json.Marshal(v)
				b.Write(text)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
