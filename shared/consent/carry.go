package consent

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// surfaceSeparation is the surface of a denial that a data subject keeps from the time in which they were joined to another one. No caller of the
// API can state it.
const surfaceSeparation = "separation"

// Carry makes what was denied in the log of one data subject since another one was joined to them hold for the other as well. While the join lasted,
// both decided in that one log, so nobody knows whose denial it was. A denial must not be lost (GDPR Art. 7(3)), so it holds for both. A grant
// stays in the log that it was given in. Carry may run again: it records no denial that holds already (fault F02).
func (c *Recorder) Carry(ctx context.Context, from privacy.SubjectID, to subject.Former) error {
	newest, err := c.Log.Newest(ctx, Address(from))
	if err != nil {
		return err
	}
	denied, optOut := newest.Denials(to.At)
	if len(denied) == 0 {
		return nil
	}
	_, err = c.RecordPrepared(ctx, Act{
		Subject: Address(to.ID), Operation: uuid.NewSHA1(uuid.NameSpaceURL, []byte("separation:"+string(from)+":"+string(to.ID)+":"+to.At.UTC().Format(time.RFC3339))).String(),
		Decisions: denied, PolicyVersion: newest.PolicyVersion, Language: newest.Language, Surface: surfaceSeparation, optOut: optOut,
	})
	return err
}
