// Command backup takes a backup of the tables of the running local stack, and restores one: into copies of the tables first, on which `ctl restore` does
// again what was taken away since the backup, and only then into the tables themselves. The runbook "A restore" in infra/README.md does the same on AWS.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/copies"
	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

func main() {
	restore := flag.String("restore", "", "the `folder` of the backup to restore; without it, a backup is taken")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *restore)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "backup:", err)
		os.Exit(1)
	}
}

// run takes a backup, or restores the one in a folder.
func run(ctx context.Context, folder string) error {
	stack, err := open(dataFolder())
	if err != nil {
		return err
	}
	if folder == "" {
		return stack.take(ctx, filepath.Join(stack.data, "backups", time.Now().UTC().Format(nameOf)))
	}
	return stack.put(ctx, folder)
}

// nameOf is the form of the name of a backup's folder, which is the time of the backup.
const nameOf = "20060102T150405Z"

// dataFolder returns the data folder of the stack of `make run`.
func dataFolder() string {
	if data := os.Getenv("DATA"); data != "" {
		return data
	}
	if port := os.Getenv("PORT"); port != "" && port != "8080" {
		return ".local/data-" + port
	}
	return ".local/data"
}

// stack is the running local stack.
type stack struct {
	data      string            // its folder
	endpoints map[string]string // by service
	aliases   string            // the secret under which addresses are stored
	client    *dynamodb.Client
}

// open finds the stack that runs in a data folder.
func open(data string) (*stack, error) {
	s := &stack{data: data}
	var secrets map[string]string
	for name, into := range map[string]*map[string]string{"endpoints.json": &s.endpoints, "secrets.json": &secrets} {
		text, err := os.ReadFile(filepath.Join(data, name))
		if err != nil {
			return nil, errors.New("no local stack runs here: start one with `make run`, or set PORT and DATA")
		}
		if err := json.Unmarshal(text, into); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	s.aliases, s.client = secrets["AliasSecret"], (&engine.Engine{Endpoint: s.endpoints["dynamodb"]}).Client()
	return s, nil
}

// take writes all items of the tables into a folder.
func (s *stack) take(ctx context.Context, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for _, table := range copies.Tables {
		items, err := copies.Read(ctx, s.client, table)
		if err != nil {
			return err
		}
		file, err := os.OpenFile(filepath.Join(folder, table), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		if err := errors.Join(copies.Encode(file, items), file.Close()); err != nil {
			return err
		}
		fmt.Printf("%-15s %d items\n", table, len(items))
	}
	fmt.Printf("The backup is in %s. To go back to it: make restore BACKUP=%s\n", folder, folder)
	return nil
}

// put restores a backup: into copies, then into the tables.
func (s *stack) put(ctx context.Context, folder string) error {
	taken, err := time.Parse(nameOf, filepath.Base(folder))
	if err != nil {
		return errors.New("the name of the folder must be the time of the backup, as `make backup` prints it")
	}
	template, err := sam.Load("template.yaml")
	if err != nil {
		return err
	}
	for _, table := range copies.Tables {
		file, err := os.Open(filepath.Join(folder, table))
		if err != nil {
			return err
		}
		items, err := copies.Decode(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
		if err := s.copyTo(ctx, template, table, items); err != nil {
			return err
		}
	}
	if err := s.again(ctx, taken); err != nil {
		return err
	}
	for _, table := range copies.Tables {
		items, err := copies.Read(ctx, s.client, table+copies.Restored)
		if err != nil {
			return err
		}
		if err := copies.Replace(ctx, s.client, table, items); err != nil {
			return err
		}
		fmt.Printf("%-15s %d items\n", table, len(items))
	}
	fmt.Printf("Restored. Start the service again with RESTORED_AT=%s, so that browsers are asked again.\n", taken.Format(time.RFC3339))
	return nil
}

// copyTo fills the copy of a table.
func (s *stack) copyTo(ctx context.Context, template *sam.Template, table string, items []dynamo.Item) error {
	i := slices.IndexFunc(template.Tables, func(t sam.Table) bool { return t.LogicalID == table })
	if i < 0 {
		return fmt.Errorf("template.yaml has no table %s", table)
	}
	declared := template.Tables[i]
	declared.StreamView, declared.TTL = "", "" // a restored table has neither
	if err := engine.Create(ctx, s.client, declared, table+copies.Restored); err != nil {
		return err
	}
	return copies.Replace(ctx, s.client, table+copies.Restored, items)
}

// again has `ctl restore` do again on the copies what was taken away since the backup.
func (s *stack) again(ctx context.Context, taken time.Time) error {
	command := exec.CommandContext(ctx, "go", "run", "./infra/ctl", "restore", "--since", taken.Format(time.RFC3339))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Env = append(os.Environ(), "AWS_ENDPOINT_URL_DYNAMODB="+s.endpoints["dynamodb"], "AWS_ENDPOINT_URL_S3="+s.endpoints["s3"], "AWS_REGION="+engine.Region,
		"AWS_ACCESS_KEY_ID=ctl", "AWS_SECRET_ACCESS_KEY=local", "AWS_SESSION_TOKEN=", "LEDGER_TABLE=LedgerTable", "EXPORT_BUCKET=exportbucket", "ALIAS_KEY="+s.aliases)
	for _, table := range copies.Tables {
		variable := strings.ToUpper(strings.TrimSuffix(table, "Table")) + "_TABLE"
		command.Env = append(command.Env, variable+"="+table+copies.Restored)
	}
	return command.Run()
}
