package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// erasedCommand notes that another system has erased a data subject too.
func erasedCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "erased <id> <system>", Short: "Note that a system which cannot say so itself has erased the person too", Args: cobra.ExactArgs(2),
		Long: `Note that another system has erased the person of an erasure too: one of your own, or a processor, that does not call
POST /v1/erasures/{id}/acknowledge itself. "ctl request" lists the systems that are outstanding. Run this only once the system has
confirmed it. The certificate is signed again, and says so. What the system sends about the person is turned away as before.` + needsLedger,
		Example: "  ctl request erased 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de billing",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestToActOn(args[0])
			if err != nil {
				return err
			}
			if err := erasure.AcknowledgeFor(cmd.Context(), store, args[0], args[1], operator(), tables.now()); err != nil {
				return aboutErasure(err)
			}
			return tables.followed(cmd, "It is noted, and the certificate is signed again within a minute", args[0])
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	return cmd
}

// aboutErasure returns the error of an act on an erasure in an operator's words.
func aboutErasure(err error) error {
	for known, says := range map[error]string{
		erasure.ErrNotErased:    "this request asks for no erasure, or it has not begun: nobody has to erase anything yet",
		erasure.ErrNotConcerned: "this is none of the systems that hold data of the person: `ctl request` lists those that are outstanding",
		erasure.ErrNotedAlready: "it was noted already that this system has erased the person",
	} {
		if errors.Is(err, known) {
			return errors.New(says)
		}
	}
	return plainly(err)
}

// planned is what a plan does, in numbers. Only what is stored counts.
type planned struct {
	Erased   int                         `json:"erased"`
	Withheld map[privacy.Withholding]int `json:"withheld,omitempty"` // by ground
}

// planOf returns what the plan of an erasure does, nil if it has none yet.
func planOf(e erasure.Erasure) *planned {
	if len(e.Plan.Items) == 0 {
		return nil
	}
	p := &planned{Withheld: map[privacy.Withholding]int{}}
	for _, item := range e.Plan.Items {
		if item.Erased() {
			p.Erased += item.Count
		} else if item.Count > 0 {
			p.Withheld[item.Ground] += item.Count
		}
	}
	return p
}

// line says it in one line.
func (p planned) line() string {
	line := fmt.Sprintf("%d erased", p.Erased)
	for _, ground := range slices.Sorted(maps.Keys(p.Withheld)) {
		line += fmt.Sprintf(", %d withheld (%s)", p.Withheld[ground], ground)
	}
	return line
}
