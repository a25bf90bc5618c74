package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// subjectCommand shows who is behind an address, or behind the id of a client system. Its subcommand ends a freeze (threats T27, T33).
func subjectCommand(tables *tables) *cobra.Command {
	var asJSON bool
	var by asked
	cmd := &cobra.Command{
		Use: "subject", Short: "Show what is on record behind an address or an id that you type: no data, only its standing", Args: typedOnly,
		Long: `Show the data subject behind an address, or behind the id that one of the company's systems uses: the id of the data subject, all
their aliases by kind with what stands against each (shared, detached, frozen, or attached a short while ago), who was joined
to them, their contract and their choice about marketing, legal holds, the last erasure, and when everything expires. The command shows no address, no id of a
system and no hash of either.

It asks for the address or the id, so that neither is in the history of your shell or in a list of processes. With --by id it
also needs --client, the client id in the token of the system that uses the id.

The command computes the alias itself. So it also needs ALIAS_KEY, the secret that the functions have: read it into the
environment just for this command. "Operating" in infra/README.md says how.`,
		Example: "  ctl subject --local\n  ctl subject --by id --client crm",
		RunE: func(cmd *cobra.Command, _ []string) error {
			look, err := tables.lookup()
			if err != nil {
				return err
			}
			key, err := by.key(cmd, look.Aliases)
			if err != nil {
				return err
			}
			shown, err := look.find(cmd.Context(), key)
			if err != nil {
				return err
			}
			if asJSON {
				return show(cmd.OutOrStdout(), shown)
			}
			return errors.Join(describeSubject(cmd, shown), adviseSubject(cmd.ErrOrStderr(), shown, tables))
		},
	}
	tables.read(cmd, "SUBJECTS_TABLE", "SubjectsTableName")
	cmd.Flags().StringVar(&by.kind, "by", "address", "what the command asks for: `address or id`")
	cmd.Flags().StringVar(&by.client, "client", "", "with --by id: the `client` id in the token of the system that uses the id")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.SetFlagErrorFunc(discreetFlags)
	cmd.AddCommand(releaseCommand(tables))
	return cmd
}

// typedOnly refuses arguments without repeating them, because one of them may be an address.
func typedOnly(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return errors.New("this command takes no argument, because an address or an id would stay in the history of your shell: " +
		"run it without one, and type the address when it asks")
}

// discreetFlags says that a flag is wrong without repeating it, because it may contain an address.
func discreetFlags(*cobra.Command, error) error {
	return errors.New("a flag is unknown or has a wrong value: see --help; an address or an id is never a flag, the command asks for it")
}

// asked is what the command asks for.
type asked struct{ kind, client string }

// key asks for the address or the id, and returns its alias. No error repeats what was typed.
func (a asked) key(cmd *cobra.Command, aliases subject.Key) (string, error) {
	switch {
	case a.kind == "address" && a.client != "":
		return "", errors.New("--client goes with --by id")
	case a.kind == "address":
		return addressKey(cmd, aliases)
	case a.kind != "id":
		return "", errors.New("--by must be address or id")
	case a.client == "":
		return "", errors.New("--by id also needs --client: the client id in the token of the system that uses the id")
	}
	typed, err := ask(cmd, "Id: ")
	if err != nil {
		return "", err
	}
	var wrong fault.Fields
	if record.CheckID(&wrong, "/id", typed); wrong.Err() != nil {
		return "", errors.New("this is no id that a system can use: an id has 1 to 128 characters of A-Z a-z 0-9 . _ ~ -")
	}
	return aliases.IDAlias(a.client, typed), nil
}

// addressKey asks for an address, and returns its alias.
func addressKey(cmd *cobra.Command, aliases subject.Key) (string, error) {
	typed, err := ask(cmd, "Address: ")
	if err != nil {
		return "", err
	}
	address, err := subject.ParseAddress(typed)
	if err != nil {
		return "", errors.New("this is not an email address")
	}
	return aliases.Alias(address), nil
}

var errNobody = errors.New("nobody is known by this, and nothing was taken away from anybody not long ago")

// find returns what is on record behind an alias.
func (l lookup) find(ctx context.Context, key string) (shownSubject, error) {
	found, err := l.Store.Aliases(ctx, key)
	if err != nil {
		return shownSubject{}, err
	}
	is, known := found[key]
	if !known {
		return shownSubject{}, errNobody
	}
	shown := shownSubject{Alias: l.name(is), DataSubjects: []shownPerson{}}
	for _, id := range is.Subjects {
		person, err := l.person(ctx, id, key)
		if err != nil {
			return shownSubject{}, fmt.Errorf("read the data subject %s: %w", id, err)
		}
		shown.DataSubjects = append(shown.DataSubjects, person)
	}
	return shown, nil
}
