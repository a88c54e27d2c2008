package main

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/tka"
	"tailscale.com/types/key"
	"tailscale.com/types/opt"
)

// field is one JSON field of a struct: its name and its type in the notation
// of src/netmap/schema.ts, with ",omitempty" or ",omitzero" as in the Go tag.
type field [2]string

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	leaves        = map[reflect.Type]string{
		reflect.TypeFor[tailcfg.RawMessage](): "raw",
		reflect.TypeFor[opt.Bool]():           "optbool",
		reflect.TypeFor[time.Time]():          "time",
		reflect.TypeFor[key.NodePublic]():     "nodekey",
		reflect.TypeFor[key.MachinePublic]():  "mkey",
		reflect.TypeFor[key.DiscoPublic]():    "discokey",
		reflect.TypeFor[tka.AUMHash]():        "aumhash",
	}
)

func schema() map[string][]field {
	types := map[string][]field{}
	for _, t := range []reflect.Type{
		reflect.TypeFor[tailcfg.Node](),
		reflect.TypeFor[tailcfg.UserProfile](),
		reflect.TypeFor[tailcfg.DNSConfig](),
		reflect.TypeFor[tailcfg.DERPMap](),
		reflect.TypeFor[tailcfg.SSHPolicy](),
		reflect.TypeFor[tailcfg.FilterRule](),
		reflect.TypeFor[tailcfg.DisplayMessage](),
	} {
		describe(t, types)
	}
	return types
}

func describe(t reflect.Type, types map[string][]field) string {
	if name, ok := leaves[t]; ok {
		return name
	}
	// A view of a struct marshals as the struct behind it, null if there is none.
	if m, ok := t.MethodByName("AsStruct"); ok {
		return describe(m.Type.Out(0), types)
	}
	if t.Implements(jsonMarshaler) && t.Kind() != reflect.Pointer {
		return "unknown " + t.String()
	}
	if t.Implements(textMarshaler) && t.Kind() != reflect.Pointer {
		return "text"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "int"
	case reflect.Float32, reflect.Float64:
		return "float"
	case reflect.String:
		return "string"
	case reflect.Pointer:
		return "*" + describe(t.Elem(), types)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + describe(t.Elem(), types)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return "intmap " + describe(t.Elem(), types)
		}
		return "map " + describe(t.Elem(), types)
	case reflect.Struct:
		name := t.Name()
		if _, ok := types[name]; ok {
			return name
		}
		types[name] = nil
		var fields []field
		for i := range t.NumField() {
			f := t.Field(i)
			jsonName, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.PkgPath != "" || jsonName == "-" {
				continue
			}
			if jsonName == "" {
				jsonName = f.Name
			}
			if option != "" {
				option = "," + option
			}
			fields = append(fields, field{jsonName, describe(f.Type, types) + option})
		}
		types[name] = fields
		return name
	}
	return "unknown " + t.String()
}
