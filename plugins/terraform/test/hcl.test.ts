import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { readFile, readModule } from '../src/files/hcl.js';
import { factsOf, localFolders, pathsNamedIn, readModules } from '../src/files/modules.js';
import { quotedKey, unindexed } from '../src/tool/address.js';

function files(texts: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const factsIn = async (texts: Record<string, string>) => factsOf(await readModules({ cwd: files(texts), dataDir: '/nowhere' }));

describe('a module that is read', () => {
  it('given HCL and JSON side by side, a byte order mark and carriage returns, then the blocks of all files are there', async () => {
    const folder = files({
      'main.tf':
        '\uFEFFvariable "a" {\r\n  default = "x"\r\n}\r\nresource "t" "one" {\r\n  input = <<-EOT\r\n    } # no end\r\n  EOT\r\n}\r\n',
      'more.tf.json': '{"resource":{"t":{"two":[{"input":1}]}},"variable":{"b":{}}}',
      '.hidden.tf': 'variable "hidden" {}',
      'notes.txt': 'variable "text" {}',
    });
    const { blocks } = await readModule(folder);
    expect(Object.keys(blocks.variable!).sort()).toEqual(['a', 'b']);
    expect(Object.keys(blocks.resource!).sort()).toEqual(['t.one', 't.two']);
  });

  it('given overrides, then they are merged as Terraform merges them, whatever their names sort like', async () => {
    const folder = files({
      'a_override.tf': 'variable "region" {\n  default = "eu"\n}\nresource "t" "db" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n',
      'main.tf':
        'variable "region" {\n  type = string\n}\nresource "t" "db" {\n  input = 1\n  lifecycle {\n    ignore_changes = all\n  }\n}\n',
    });
    const { blocks } = await readModule(folder);
    expect(blocks.variable).toEqual({ region: { type: '${string}', default: 'eu' } });
    expect(factsOf([{ blocks, unlabelled: {}, prefix: '', folder }]).protected).toEqual(['t.db']);
  });

  it('given a syntax error, then it is said with file, line and column', async () => {
    await expect(readModule(files({ 'main.tf': 'resource "t" "a" {\n  input = \n}\n' }))).rejects.toThrow(/^main\.tf:2:\d+: /);
    await expect(readModule(files({ 'main.tf.json': '{"a":' }))).rejects.toThrow(/^main\.tf\.json: /);
  });

  it('given a file of values, then the names that it sets are read; one that is encrypted cannot be', async () => {
    const folder = files({
      'a.tfvars': 'size = { a = [1] }\n',
      'b.tfvars.json': '{"n":12345678901234567890}',
      'c.tfvars': '$ANSIBLE_VAULT;1.1\n66\n',
    });
    expect(Object.keys(await readFile(join(folder, 'a.tfvars')))).toEqual(['size']);
    expect(Object.keys(await readFile(join(folder, 'b.tfvars.json')))).toEqual(['n']);
    await expect(readFile(join(folder, 'c.tfvars'))).rejects.toMatchObject({ code: 'SHIP_TERRAFORM_SYNTAX' });
  });
});

describe('what a rollback has to know of a configuration', () => {
  it.each([
    ['on lines of its own', 'main.tf', 'resource "t" "a" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n', ['t.a']],
    ['on one line', 'main.tf', 'resource "t" "a" {\n  lifecycle { prevent_destroy = true }\n}\n', ['t.a']],
    ['in JSON', 'main.tf.json', '{"resource":{"t":{"a":{"lifecycle":{"prevent_destroy":true}}}}}', ['t.a']],
    ['that is off', 'main.tf', 'resource "t" "a" {\n  lifecycle { prevent_destroy = false }\n}\n', []],
    ['in a comment', 'main.tf', 'resource "t" "a" {\n  # lifecycle { prevent_destroy = true }\n}\n', []],
  ])('given prevent_destroy %s, then it is found', async (_, name, text, expected) => {
    expect((await factsIn({ [name]: text })).protected).toEqual(expected);
  });

  it('given a resource that ignores every change, in HCL or in JSON, then that is known', async () => {
    expect((await factsIn({ 'main.tf': 'resource "t" "a" {\n  lifecycle {\n    ignore_changes = all\n  }\n}\n' })).ignored).toEqual({
      't.a': ['all'],
    });
    const json = '{"resource":{"t":{"a":{"lifecycle":{"ignore_changes":["size"]}}}}}';
    expect((await factsIn({ 'main.tf.json': json })).ignored).toEqual({ 't.a': ['size'] });
  });

  it('given provisioners, renames, ephemeral variables and outputs of others, then they are known', async () => {
    const text = `
      variable "token" { 
        ephemeral = true 
      }
      provider "p" {
      }
      provider "p" {
        alias = "second"
      }
      moved {
        from = t.old
        to   = t.new["a"]
      }
      data "terraform_remote_state" "net" {
        backend = "local"
        config  = { path = "../net/terraform.tfstate" }
      }
      resource "t" "a" {
        lifecycle {
          ignore_changes = [tags["x"], size]
        }
        provisioner "local-exec" { 
          command = "x" 
        }
        provisioner "local-exec" {
          when    = destroy
          command = "y"
        }
      }`;
    expect(await factsIn({ 'main.tf': text })).toEqual({
      protected: [],
      provisioners: { 't.a': ['local-exec', 'local-exec at destroy'] },
      renames: [{ from: 't.old', to: 't.new["a"]' }],
      ephemeral: ['token'],
      ignored: { 't.a': ['tags', 'size'] },
      configures: ['p.second'],
      reads: ['data.terraform_remote_state.net'],
    });
  });
});

describe('the modules of a configuration', () => {
  it('given a list of modules that holds one that is called no longer, and whose folder is gone, then that is left out', async () => {
    const folder = files({
      'infra/main.tf': 'module "web" {\n  source = "../web"\n}\n',
      'web/main.tf': 'module "cache" {\n  source = "./cache"\n}\n',
      'web/cache/main.tf': 'resource "t" "c" {\n  lifecycle { prevent_destroy = true }\n}\n',
    });
    const list = [
      { Key: '', Dir: '.' },
      { Key: 'web', Dir: '../web' },
      { Key: 'web.cache', Dir: '../web/cache' },
      { Key: 'gone', Dir: '../gone' },
    ];
    mkdirSync(join(folder, 'data/modules'), { recursive: true });
    writeFileSync(join(folder, 'data/modules/modules.json'), JSON.stringify({ Modules: list }));
    const place = { cwd: join(folder, 'infra'), dataDir: join(folder, 'data') };
    const modules = await readModules(place);
    expect(modules.map(({ prefix }) => prefix)).toEqual(['', 'module.web.', 'module.web.module.cache.']);
    expect(localFolders(modules, place)).toEqual([join(folder, 'infra'), join(folder, 'web'), join(folder, 'web/cache')]);
    expect(factsOf(modules).protected).toEqual(['module.web.module.cache.t.c']);
  });
});

describe('paths that a configuration names', () => {
  it.each([
    ['${path.module}/a.txt', ['/m/a.txt']],
    ['${file("${path.module}/../files/motd")}', ['/files/motd']],
    ['${templatefile("${path.module}/../../files/x.tftpl", { size = var.size })}', ['/files/x.tftpl']],
    ['${fileset("${path.root}/lambda", "**")}', ['/r/lambda']],
    ['${path.module}/policies/${each.key}.json', ['/m/policies']],
    ['cp ${path.module}/a ${path.module}/b', ['/m/a', '/m/b']],
    ['${file("x/y.txt")}', ['/r/x/y.txt']],
    ['../shared/a.zip', ['/shared/a.zip']],
    ['${path.module}', ['/m']],
  ])('given %s, then they are known up to where only the run knows more', (text, expected) => {
    expect(pathsNamedIn(text, '/m', '/r').map(({ path }) => path)).toEqual(expect.arrayContaining(expected));
  });

  it('given a path that a function reads, then it is an input; any other may be what a resource writes', () => {
    expect(pathsNamedIn('${file("x")}', '/m', '/r')).toEqual([{ path: '/r/x', loose: false }]);
    expect(pathsNamedIn('${{ for f in fileset("${path.module}/b", "**") : f => 1 }}', '/m', '/r')).toContainEqual({
      path: '/m/b',
      loose: false,
    });
    expect(pathsNamedIn('${path.module}/out', '/m', '/r')).toEqual([{ path: '/m/out', loose: true }]);
  });
});

describe('a key as Terraform writes it in an address', () => {
  it.each([
    ['a', '"a"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['${k} %{k} $k', '"$${k} %%{k} $k"'],
    ['a\n\t\b', '"a\\n\\t\\u0008"'],
    ['é ]', '"é ]"'],
  ])('given %j, then it is %s', (key, expected) => {
    expect(quotedKey(key)).toBe(expected);
  });
});

describe('an address without its indexes', () => {
  it.each([
    ['aws_lb.front', 'aws_lb.front'],
    ['module.a["x"].aws_lb.front[0]', 'module.a.aws_lb.front'],
    ['t.db["tcp:[::]:443"]', 't.db'],
    ['module.m["a\\"]b"].t.x["]["]', 'module.m.t.x'],
    ['t.x[""]', 't.x'],
  ])('given %s, then it is %s', (address, expected) => {
    expect(unindexed(address)).toBe(expected);
  });
});
