from tagulous.models.fields import SingleTagField, TagField
from tagulous.models.models import BaseTagModel, BaseTagTreeModel, TagModel, TagTreeModel
