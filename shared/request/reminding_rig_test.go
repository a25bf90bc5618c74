package request_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var errKilled = errors.New("killed")

// outside is everything around reminders, in memory. The call number dies fails, and so does each call after it, as if the run had been killed; the
// call itself has taken effect if late is set.
type outside struct {
	now      time.Time
	lines    []request.Line
	files    map[string]request.File
	progress request.Progress
	mails    []request.Digest
	to       []string
	wanted   map[string]int // links, by address
	measured []request.Digest
	refuses  error // of the mail to the team
	loads    int

	calls, dies int
	late        bool
}

// call reports whether a call takes effect, and its error.
func (o *outside) call() (happens bool, err error) {
	o.calls++
	if o.dies == 0 || o.calls < o.dies {
		return true, nil
	}
	return o.calls == o.dies && o.late, errKilled
}

func (o *outside) Open(context.Context) ([]request.Line, error) {
	_, err := o.call()
	return slices.Clone(o.lines), err
}

func (o *outside) Load(_ context.Context, id string) (request.File, error) {
	o.loads++
	if _, err := o.call(); err != nil {
		return request.File{}, err
	}
	file, known := o.files[id]
	if !known {
		return file, request.ErrUnknown
	}
	return file, nil
}

func (o *outside) Under(context.Context, string) ([]request.Request, error) { return nil, nil }

func (o *outside) Save(_ context.Context, file request.File, items ...request.Item) (request.File, error) {
	happens, err := o.call()
	if stored := o.files[file.Request.ID]; happens && stored.Request.Version != file.Request.Version {
		return file, request.ErrChanged
	}
	if happens {
		file = file.With(items...)
		file.Request.Version++
		o.files[file.Request.ID] = file
	}
	return file, err
}

func (o *outside) LoadProgress(context.Context) (request.Progress, error) {
	_, err := o.call()
	return o.progress, err
}

func (o *outside) SaveProgress(_ context.Context, p request.Progress) (request.Progress, error) {
	happens, err := o.call()
	if happens && p.Version != o.progress.Version {
		return p, request.ErrChanged
	}
	if happens {
		p.Version++
		o.progress = p
	}
	return p, err
}

func (o *outside) Want(_ context.Context, a subject.Address) error {
	happens, err := o.call()
	if happens {
		o.wanted[a.Spelling]++
	}
	return err
}

func (o *outside) TeamReminder(_ context.Context, to string, d request.Digest) error {
	happens, err := o.call()
	if happens && o.refuses == nil {
		o.mails, o.to = append(o.mails, d), append(o.to, to)
	}
	return errors.Join(err, o.refuses)
}

func (o *outside) run() error {
	return (&request.Reminders{
		Queue: o, Register: o, Progress: o, Proofs: o, Mailer: o, Policy: policy.InForce, Now: func() time.Time { return o.now },
		Measure: func(_ context.Context, d request.Digest) { o.measured = append(o.measured, d) }, Failed: func(context.Context, string, error) {},
	}).Run(context.Background())
}

// runs runs the hourly schedule until the time given, without that hour.
func (o *outside) runs(t interface{ Fatal(...any) }, until time.Time) {
	for ; o.now.Before(until); o.now = o.now.Add(time.Hour) {
		if err := o.run(); err != nil {
			t.Fatal(err)
		}
	}
}

// midday is a day after the policy of the tests came into force.
var midday = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func newOutside() *outside {
	return &outside{now: midday, files: map[string]request.File{}, wanted: map[string]int{}}
}

// has adds a request and its line.
func (o *outside) has(r request.Request) request.Line {
	r.PolicyVersion, r.Terms, r.Version = policy.Newest().Version, policy.Newest().Terms(), 1
	o.files[r.ID] = request.File{Request: r}
	line := request.Line{ID: r.ID, Right: r.Right, State: r.State, Jurisdiction: r.Jurisdiction, ReceivedAt: r.ReceivedAt, DueAt: request.DueAt(r)}
	if r.State == request.Open && r.Step == "" {
		line.WaitingFor = request.ForTeam
	}
	o.lines = append(o.lines, line)
	request.ByDeadline(o.lines)
	return line
}

// waiting is a request that nobody has confirmed.
func waiting(id, email string, at time.Time) request.Request {
	return request.Request{ID: id, Right: privacy.Access, State: request.Verifying, Email: email, Mailbox: "mac", Step: request.StepLapse, ReceivedAt: at}
}
