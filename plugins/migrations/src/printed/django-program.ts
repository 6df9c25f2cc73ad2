/**
 * What Django itself is asked, in its own shell: it reads `[[file, way], …]` and prints a line of JSON for it. A migration is
 * printed only where each operation is one of Django's own that is known to do no more than what is printed, and where nothing is
 * asked of the database, which may hold another state than the one that the migration will find.
 */
export const DJANGO_PROGRAM = `
import json, os, sys

def ship_print(asked):
    from django.db import connections, migrations
    from django.db.migrations import operations
    from django.db.migrations.loader import MigrationLoader
    from django.apps import apps

    connection = connections['default']
    if type(connection).__module__ != 'django.db.backends.postgresql.base':
        return [{'opaque': 'its database is of ' + type(connection).__module__} for _ in asked]

    names = '''CreateModel DeleteModel AlterModelTable AlterModelTableComment AlterModelOptions AlterModelManagers AlterUniqueTogether
        AlterIndexTogether AlterOrderWithRespectTo AddIndex RemoveIndex RenameIndex AddConstraint RemoveConstraint AddField
        AlterField RemoveField RenameField RunSQL SeparateDatabaseAndState'''.split()
    if not apps.is_installed('django.contrib.contenttypes'):
        # Otherwise rows of content types are renamed as well.
        names.append('RenameModel')
    known = {getattr(operations, name) for name in names if hasattr(operations, name)}
    try:
        from django.contrib.postgres import operations as own
        known |= {getattr(own, name) for name in ('AddIndexConcurrently', 'RemoveIndexConcurrently', 'AddConstraintNotValid', 'ValidateConstraint') if hasattr(own, name)}
    except ImportError:
        pass

    class Asked(Exception):
        pass

    def asks(*_args, **_more):
        raise Asked()

    try:
        connection.ensure_connection()
        # It is known from here on, and needs no question.
        getattr(connection, 'pg_version', None)
    except Exception as error:
        why = (type(error).__name__ + ': ' + str(error)).split('\\n')[0]
        return [{'opaque': 'Django prints nothing: ' + why} for _ in asked]
    connection.cursor = asks

    # Of what the database would answer, names of constraints say, a database that is not there yet knows nothing.
    for name in dir(connection.introspection):
        if name.startswith('get_') or name in ('table_names', 'sequence_list', 'django_table_names'):
            setattr(connection.introspection, name, asks)

    loader = MigrationLoader(None, replace_migrations=False)
    by_file = {}
    for key, migration in loader.disk_migrations.items():
        file = getattr(sys.modules.get(type(migration).__module__), '__file__', None)
        if file:
            by_file[os.path.realpath(file)] = migration

    def unknown_in(found):
        for each in found:
            if type(each) not in known:
                return type(each).__name__
            if type(each) is operations.SeparateDatabaseAndState:
                inner = unknown_in(each.database_operations)
                if inner:
                    return inner
        return None

    def printed(file, way):
        migration = by_file.get(os.path.realpath(file))
        if migration is None:
            return {'opaque': 'Django knows no migration by this file'}
        if way == 'down' and not all(each.reversible for each in migration.operations):
            return {'irreversible': True}
        for name in ('apply', 'unapply', 'mutate_state'):
            if getattr(type(migration), name) is not getattr(migrations.Migration, name):
                return {'opaque': 'it has a ' + name + ' of its own'}
        unknown = unknown_in(migration.operations)
        if unknown:
            return {'opaque': 'Django prints nothing, or not all, of ' + unknown}
        try:
            state = loader.project_state((migration.app_label, migration.name), at_end=False)
            with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
                editor._constraint_names = asks
                if way == 'up':
                    migration.apply(state, editor, collect_sql=True)
                else:
                    migration.unapply(state, editor, collect_sql=True)
            return {'text': '\\n'.join(editor.collected_sql), 'atomic': bool(migration.atomic)}
        except Asked:
            return {'opaque': 'what it does depends on what Django asks the database'}
        except Exception as error:
            return {'opaque': 'Django prints nothing: ' + (type(error).__name__ + ': ' + str(error)).split('\\n')[0]}

    return [printed(file, way) for file, way in asked]

print('ship:' + json.dumps(ship_print(json.loads(os.environ['SHIP_MIGRATIONS_ASKED']))))
`;
